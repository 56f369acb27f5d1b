"""Wire shapes of upload sessions."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from wxcloudrun.kit.names import NewTagName
from wxcloudrun.upload_sessions import rules
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import UnfinishedUpload
from wxcloudrun.upload_sessions.service.begin import SessionSpec
from wxcloudrun.upload_sessions.service.parts import PartTaken
from wxcloudrun.upload_sessions.service.preflight import FileChecked, FileWanted, Prospect
from wxcloudrun.upload_sessions.service.sessions import SessionSeen
from wxcloudrun.uploads.rules import last_part, settled_content_type
from wxcloudrun.uploads.schemas import FilePath, UploadOut
from wxcloudrun.uploads.service.acceptance import UploadSpec
from wxcloudrun.versions.schemas import NewVersionName
from wxcloudrun.web.parsing import Input, Output, Query, Timestamp, one_of

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Run = Annotated[list[int], Field(min_length=2, max_length=2)]
Runs = Annotated[
    list[Run],
    Field(description="the first and the last number of each run of parts, counted from 1"),
]
ProspectName = Annotated[str, one_of(Prospect)]
StateName = Annotated[str, one_of(SessionState)]


class SessionIn(Input):
    """An upload that is to come in parts."""

    filename: FilePath
    size: int = Field(ge=1, le=2**53)
    sha256: Digest | None = None
    version: NewVersionName | None = None
    tag: NewTagName | None = None
    content_type: str | None = Field(None, max_length=255)
    part_bytes: int | None = Field(
        None,
        ge=rules.LEAST_PART_BYTES,
        le=rules.MOST_PART_BYTES,
        description="how large a part should be at most; the answer says how large they are",
    )

    def spec(self, idempotency_key: str | None) -> SessionSpec:
        """Return what the use case needs."""
        upload = UploadSpec(
            filename=self.filename,
            content_type=settled_content_type(self.content_type, last_part(self.filename)),
            named_by="filename",
            tag=self.tag,
            version=self.version,
            idempotency_key=idempotency_key,
        )
        return SessionSpec(upload, self.size, self.sha256, self.part_bytes)


class FileIn(Input):
    """A file that may be sent."""

    filename: FilePath
    size: int = Field(ge=0, le=2**53)
    sha256: Digest | None = None
    version: NewVersionName | None = None
    tag: NewTagName | None = None

    def wanted(self) -> FileWanted:
        """Return what the use case needs."""
        return FileWanted(self.filename, self.size, self.sha256, self.version, self.tag)


class CheckIn(Input):
    """Files that may be sent."""

    files: list[FileIn] = Field(min_length=1, max_length=100, description="the files that may be sent")


class CompleteIn(Input):
    """What the whole file has to be."""

    sha256: Digest | None = None


class PartFields(Query):
    """The text fields beside the part in a form."""

    sha256: Digest | None = None


class SessionLimits(Output):
    """What an upload may be."""

    upload_bytes: int = Field(description="the largest upload, in bytes")
    part_bytes_min: int = Field(description="the smallest part that may be asked for")
    part_bytes_max: int = Field(description="the largest part that may be asked for")
    parts: int = Field(description="how many parts an upload may have")

    @classmethod
    def of(cls, most_bytes: int) -> Self:
        """Shape them."""
        return cls(
            upload_bytes=min(most_bytes, rules.most_bytes()),
            part_bytes_min=rules.LEAST_PART_BYTES,
            part_bytes_max=rules.MOST_PART_BYTES,
            parts=rules.MOST_PARTS,
        )


class CheckedFileOut(Output):
    """What would become of a file."""

    filename: str
    size: int
    sha256: str | None
    version: str | None
    tag: str | None
    prospect: ProspectName = Field(
        description="`exists`: there is nothing to do; `link`: its `sha256` is enough, no byte has to be "
        "sent; `upload`: its bytes have to come; `reject`: it would be refused"
    )
    refusal: dict[str, Any] | None = Field(
        description="why it would be refused: `reason`, `msg`, and the facts of that reason"
    )

    @classmethod
    def of(cls, checked: FileChecked, say: Callable[[Any], Any]) -> Self:
        """Shape one; `say` puts sentences into the language of the caller."""
        wanted, error = checked.wanted, checked.refusal
        said = None if error is None else say({"reason": error.reason, "msg": error.message, **error.facts})
        return cls(
            filename=wanted.filename,
            size=wanted.size_bytes,
            sha256=wanted.sha256,
            version=wanted.version,
            tag=wanted.tag,
            prospect=checked.prospect,
            refusal=said,
        )


class CheckOut(Output):
    """What would become of files, in the order of the question."""

    files: list[CheckedFileOut] = Field(description="what would become of each, in the order of the question")
    limits: SessionLimits


class SessionOut(Output):
    """An upload that comes in parts."""

    id: str = Field(description="what its URL carries")
    state: StateName = Field(
        description="`open` takes parts; `sealing` is being completed; the others have ended"
    )
    filename: str
    size: int
    part_bytes: int = Field(description="the size of every part but the last")
    parts: int = Field(description="how many parts there are")
    offset: int = Field(description="how many bytes have come from the beginning without a gap")
    received: Runs
    missing: Runs
    tag: str | None
    version: str | None
    created_at: Timestamp
    expires_at: Timestamp = Field(
        description="when it is given up unless a part comes; of one that has ended, when it is forgotten"
    )
    url: str = Field(description="where it is, relative to the service's address")
    token: str | None = Field(
        description="sent as `Authorization: Bearer …` it opens this session alone; shown when it begins"
    )
    limits: SessionLimits
    upload: UploadOut | None = Field(description="the upload that it has become; null unless it is `done`")
    failure: str | None = Field(description="the `reason` of which it has failed; null unless it is `failed`")

    @classmethod
    def of(cls, seen: SessionSeen, url: str) -> Self:
        """Shape a session for those who may go on with it."""
        row = seen.row
        return cls(
            id=row.public_id,
            state=seen.state,
            filename=row.filename,
            size=row.size_bytes,
            part_bytes=row.part_bytes,
            parts=row.parts,
            offset=min(rules.leading(row.received, row.parts) * row.part_bytes, row.size_bytes),
            received=[list(run) for run in rules.runs(row.received, row.parts, there=True)],
            missing=[list(run) for run in rules.runs(row.received, row.parts, there=False)],
            tag=row.tag,
            version=row.version,
            created_at=row.created_at,
            expires_at=row.expires_at,
            url=url,
            token=seen.token,
            limits=SessionLimits.of(seen.most_bytes),
            upload=None if seen.accepted is None else UploadOut.of(seen.accepted),
            failure=failure_of(row),
        )


class UnfinishedOut(Output):
    """An upload of the caller's that has not ended."""

    id: str = Field(description="what its URL carries")
    filename: str
    version: str | None
    tag: str | None
    size: int | None = Field(description="null while a tus client has not said it")
    received_bytes: int = Field(description="how many bytes have come, wherever they belong")
    state: StateName = Field(description="`open`, or `sealing`: being completed, or refused and kept")
    protocol: Literal["parts", "tus"] = Field(description="how it goes on")
    created_at: Timestamp
    expires_at: Timestamp = Field(description="when it is given up unless bytes come")
    url: str = Field(
        description="where it is, relative to the service's address; DELETE gives it up, "
        "of `tus` with `Tus-Resumable: 1.0.0`"
    )

    @classmethod
    def of(cls, unfinished: UnfinishedUpload) -> Self:
        """Shape one for its owner."""
        row = unfinished.row
        return cls(
            id=row.public_id,
            filename=row.filename,
            version=row.version,
            tag=row.tag,
            size=row.size_bytes if row.has_length else None,
            received_bytes=row.received_bytes,
            state=row.state,
            protocol="tus" if row.is_appended else "parts",
            created_at=row.created_at,
            expires_at=row.expires_at,
            url=unfinished.url,
        )


def failure_of(row: UploadSession) -> str | None:
    """Return the slug of what a session has failed of."""
    return None if row.failure is None else str(json.loads(row.failure)["reason"])


class SealingOut(Output):
    """An upload that another request completes at the moment."""

    state: Literal["sealing"] = Field("sealing", description="ask again; the answer will be the upload")


class PartOut(Output):
    """A part that is there."""

    number: int = Field(description="which part it is, counted from 1")
    size: int
    sha256: str = Field(description="the SHA-256 of the part, as it was measured here")
    missing_parts: int = Field(description="how many parts have not come yet")

    @classmethod
    def of(cls, taken: PartTaken) -> Self:
        """Shape a part for its sender."""
        return cls(
            number=taken.number, size=taken.size_bytes, sha256=taken.sha256, missing_parts=taken.missing
        )
