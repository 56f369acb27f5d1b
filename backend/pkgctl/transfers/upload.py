"""Files go in: several at once, each only if it is not there already, each again if the connection breaks."""

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Literal

from pkgctl.addresses import PackagePath
from pkgctl.api import Api
from pkgctl.errors import CommandFailed, ExitCode, LeftUnversioned, LocalProblem, Refused
from pkgctl.transfers import parted
from pkgctl.transfers.files import LocalFile, OutgoingFile, digest_of
from pkgctl.transfers.parted import Means, PartedShipment
from pkgctl.transfers.progress import Display, ProgressMeter
from pkgctl.transfers.retrying import Stopped, persistently
from pkgctl.transfers.unfinished import Cargo, UnfinishedUploads

# After one of these the other files would fail for the same reason.
HOPELESS = frozenset({ExitCode.AUTHENTICATION, ExitCode.UNAVAILABLE, ExitCode.NOT_FOUND})


# Neither was sent: of "present" there was nothing to do, of "linked" the service had the bytes elsewhere.
Kind = Literal["sent", "linked", "present", "failed", "not_tried"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `answer` is the service's, `failure` says what was not done."""

    file: Path
    kind: Kind
    answer: dict[str, Any] = field(default_factory=dict)
    failure: CommandFailed | None = None
    kept: int = 0  # so many bytes had come by an earlier command


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Where files go, what names they get, and whether a file may end up without the version it shows.

    With `keeps_paths` a file is called by its path below the folder that was named, else by its name.
    """

    package: PackagePath
    tag: str | None = None
    version: str | None = None
    allow_unversioned: bool = False
    keeps_paths: bool = False


class Uploader:
    """Uploads to one package."""

    def __init__(
        self,
        api: Api,
        options: UploadOptions,
        display: Display,
        *,
        retries: int,
        unfinished: UnfinishedUploads,
    ) -> None:
        self._api = api
        self._unfinished = unfinished
        self._options = options
        self._display = display
        self._retries = retries
        self._stop = threading.Event()

    def upload_all(
        self, files: Sequence[LocalFile], *, at_once: int, tell: Callable[[Outcome], None]
    ) -> list[Outcome]:
        """Upload files, `at_once` of them side by side; outcomes come in the order of the files.

        As many parts of large files go side by side.
        """
        parts = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="part")
        means = Means(self._api, self._unfinished, parts, self._stop, self._retries)
        pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="upload")
        work: list[Future[Outcome]] = [pool.submit(self._outcome, file, means) for file in files]
        try:
            for future in work:
                tell(future.result())
        except BaseException:
            self._stop.set()
            # Not waited for: a thread that waits for an answer would hold a person up who pressed Ctrl-C.
            for each in (pool, parts):
                each.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        parts.shutdown()
        return [future.result() for future in work]

    def _outcome(self, named: LocalFile, means: Means) -> Outcome:
        file = named.path
        try:
            return self._upload(named, means)
        except Stopped:
            return Outcome(file, "not_tried")
        except CommandFailed as failure:
            if failure.exit_code in HOPELESS:
                self._stop.set()
            return Outcome(file, "failed", failure=failure)
        except OSError as error:
            problem = LocalProblem(f"cannot be read: {error.strerror}", reason="unreadable")
            return Outcome(file, "failed", failure=problem)

    def _upload(self, named: LocalFile, means: Means) -> Outcome:
        if self._stop.is_set():
            raise Stopped
        file = named.path
        name = file_name(named.below if self._options.keeps_paths else PurePath(file.name))
        where = self._options.package.path("upload", name)
        with file.open("rb") as opened:
            digest, size = digest_of(opened, self._stop, lambda _: None)
            if size == 0:
                raise LocalProblem("is empty, and the service takes no empty files", reason="empty_file")
            meter = self._display.meter(file.name, size)
            cargo = self._cargo(name, size, digest)
            prospect = self._prospect(cargo)
            unsent: Kind = "present" if prospect == "exists" else "linked"
            if size >= parted.LEAST_BYTES:
                return self._upload_parts(file, cargo, means, meter, unsent)
            must_send = prospect == "upload"
            shipment = Shipment(self._api, where, opened, size, meter, self._stop, must_send=must_send)
            names = {"tag": self._options.tag, "version": self._options.version}
            headers = {"X-Checksum-SHA256": digest, "Idempotency-Key": secrets.token_urlsafe(16)}
            answer, was_there = persistently(
                lambda: shipment.deliver(names, headers),
                retries=self._retries,
                stop=self._stop,
                progress=lambda: None,
            )
        return Outcome(file, unsent if was_there else "sent", answer, self._shortfall(answer))

    def _prospect(self, cargo: Cargo) -> str:
        """Ask what would become of a file; the bytes of one that is `upload` have to come."""
        wanted = {"filename": cargo.filename, "size": cargo.size, "sha256": cargo.sha256}
        body = {"files": [wanted | ({} if cargo.version is None else {"version": cargo.version})]}
        where = self._options.package.path("uploads", "check")
        try:
            answer = persistently(
                lambda: self._api.post(where, body),
                retries=self._retries,
                stop=self._stop,
                progress=lambda: None,
            )
        except Refused:
            return "reject"  # the upload itself will say why
        return str(answer["files"][0]["prospect"])

    def _cargo(self, name: str, size: int, digest: str) -> Cargo:
        wanted = self._options
        return Cargo(self._api.server, str(wanted.package), name, size, digest, wanted.tag, wanted.version)

    def _upload_parts(
        self, file: Path, cargo: Cargo, means: Means, meter: ProgressMeter, unsent: Kind
    ) -> Outcome:
        sessions = self._options.package.path("uploads", "sessions")
        done = PartedShipment(means, sessions, cargo, file, meter).deliver()
        kind: Kind = unsent if done.was_there else "sent"
        return Outcome(file, kind, done.answer, self._shortfall(done.answer), done.kept)

    def _shortfall(self, answer: dict[str, Any]) -> CommandFailed | None:
        """Return what an accepted file did not get although it was asked for."""
        missed = answer["version_conflict"]
        if missed is None or self._options.allow_unversioned:
            return None
        return LeftUnversioned(missed, answer["sha256"])


@dataclass(slots=True)
class Shipment:
    """The bytes of one file on their way."""

    api: Api
    where: str
    file: BinaryIO
    size: int
    meter: ProgressMeter
    stop: threading.Event
    must_send: bool = False  # the service has just said that it needs the bytes
    sent: bool = False

    def deliver(self, names: dict[str, str | None], headers: dict[str, str]) -> tuple[dict[str, Any], bool]:
        """Return the service's answer, and whether it had the bytes already.

        Asking by checksum comes first in every attempt but a first one that would be in vain: if an earlier
        one arrived and only its answer was lost, the key that they share makes the service give that answer,
        and no byte is sent twice.
        """
        if self.sent or not self.must_send:
            answer = self._by_checksum(names, headers)
            if answer is not None:
                self.meter.at(self.size)
                return answer, not self.sent
        self.meter.at(0)
        self.sent = True
        with self.api.send("PUT", self.where, body=self._body, params=names, headers=headers) as response:
            return self.api.data_of(response), False

    def _by_checksum(self, names: dict[str, str | None], headers: dict[str, str]) -> dict[str, Any] | None:
        """Return the service's answer if it has bytes that it may use, else None."""
        by_checksum = {**headers, "X-Checksum-Deploy": "true"}
        try:
            answer: dict[str, Any] = self.api.call("PUT", self.where, params=names, headers=by_checksum)
        except Refused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return answer

    def _body(self) -> OutgoingFile:
        return OutgoingFile(self.file, self.size, self.stop, self.meter.moved)


def file_name(file: PurePath) -> str:
    """Return the name that a file gets at the service. Raises LocalProblem if it is no text."""
    name = file.as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise LocalProblem("has a name that is not UTF-8; rename it", reason="bad_name") from error
    return name
