"""What goes wrong between a service and its S3 server, one class each, for `tests/support/s3_stub.py`."""

from dataclasses import dataclass, replace

from tests.support.s3_stub import StubAnswer, StubRequest, document

PAGE = b"<!DOCTYPE html><html><body>Please sign in to the <b>network</b></body></html>"
XHTML = b"<html><body>Please sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Lost:
    """What was written is confirmed and not there."""

    loses_bytes: bool = True

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        return answer


@dataclass(frozen=True, slots=True)
class SaysErrorWith200:
    """The status was sent before the server knew; what follows it is an error, and nothing was done."""

    loses_bytes: bool = True

    def changed(self, _request: StubRequest, _answer: StubAnswer) -> StubAnswer:
        return document("Error", "<Code>InternalError</Code><Message>try again</Message>")


@dataclass(frozen=True, slots=True)
class SendsPage:
    """A proxy answers with a page of its own, and the server was never asked."""

    page: bytes = PAGE
    status: int = 200
    loses_bytes: bool = True

    def changed(self, _request: StubRequest, _answer: StubAnswer) -> StubAnswer:
        return StubAnswer(self.status, {"Content-Type": "text/html"}, self.page)


@dataclass(frozen=True, slots=True)
class BlanksBeforeXml:
    """Blanks keep the connection alive, and the document behind them is none any more."""

    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        return replace(answer, body=b"   \n " + answer.body)


@dataclass(frozen=True, slots=True)
class WithoutHeader:
    """A header that the answer must have is missing."""

    name: str = "ETag"
    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        return replace(answer, headers={k: v for k, v in answer.headers.items() if k != self.name})


@dataclass(frozen=True, slots=True)
class WithHeader:
    """A header says something else."""

    name: str
    value: str
    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        return replace(answer, headers={**answer.headers, self.name: self.value})


@dataclass(frozen=True, slots=True)
class WithoutElement:
    """An element that the document must have is missing."""

    name: str
    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        body = answer.body.replace(f"<{self.name}>".encode(), b"<Other>")
        return replace(answer, body=body.replace(f"</{self.name}>".encode(), b"</Other>"))


@dataclass(frozen=True, slots=True)
class IgnoresRange:
    """The whole comes for a part."""

    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        if answer.source is None:
            return answer
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Range"}
        return StubAnswer(200, headers, source=answer.source, last=answer.source.stat().st_size - 1)


@dataclass(frozen=True, slots=True)
class AnotherRange:
    """Other bytes come than were asked for, and the answer says so."""

    by: int = 1
    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        if answer.source is None:
            return answer
        total = answer.source.stat().st_size
        first, last = max(answer.first + self.by, 0), min(answer.last + self.by, total - 1)
        headers = {**answer.headers, "Content-Range": f"bytes {first}-{last}/{total}"}
        return replace(answer, headers=headers, first=first, last=last)


@dataclass(frozen=True, slots=True)
class LongerBody:
    """More bytes come than the range says; fewer, if `by` is negative."""

    by: int = 5
    loses_bytes: bool = False

    def changed(self, _request: StubRequest, answer: StubAnswer) -> StubAnswer:
        return replace(answer, last=answer.last + self.by)
