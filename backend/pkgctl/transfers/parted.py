"""A large file goes in by parts: what has come once is not sent again, whoever dies in between."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pkgctl.api import Api
from pkgctl.errors import CommandFailed, NotInTime, Refused
from pkgctl.transfers.files import OutgoingFile
from pkgctl.transfers.progress import ProgressMeter
from pkgctl.transfers.retrying import Stopped, persistently
from pkgctl.transfers.unfinished import Cargo, Unfinished, UnfinishedUploads

LEAST_BYTES = 16 * 1024 * 1024  # what is smaller is sent again as a whole
SEALING_SECONDS, LONGEST_SEALING_SECONDS = 1.0, 900
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
ALIVE = frozenset({"open", "sealing"})
MOVED_ON = frozenset({"parts_missing", "preempted", "session_ended"})  # another command sends it too
# Two that sent again at once would pre-empt each other for ever: each waits longer than the time before,
# until one has the time for a part.
FIRST_QUIET_SECONDS, LOOK_SECONDS, ROUNDS = 1.0, 0.5, 10


@dataclass(frozen=True, slots=True)
class Means:
    """What all files of a command share."""

    api: Api
    uploads: UnfinishedUploads
    pool: ThreadPoolExecutor
    stop: threading.Event
    retries: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that is there; `kept` bytes of it had come before this command."""

    answer: dict[str, Any]
    was_there: bool
    kept: int = 0


@dataclass(slots=True)
class PartedShipment:
    """One file, and the session in which it goes in."""

    means: Means
    sessions: str  # the path at which sessions begin
    cargo: Cargo
    file: Path
    meter: ProgressMeter

    def deliver(self) -> Delivered:
        """Go on with the file, or begin, until it is a deposit. Raises CommandFailed, Stopped.

        When this fails, what has come stays with the service, and the same command goes on with it.
        """
        try:
            return self._delivered()
        except Refused as refusal:
            # What has expired, or what the store has lost, may look alive until something is sent.
            if refusal.status != HTTPStatus.GONE or refusal.facts.get("state") == "aborted":
                raise
        return self._delivered()

    def _delivered(self) -> Delivered:
        upload = remembered = self.means.uploads.found_or_new(self.cargo, self.file)
        session = self._resumed(upload)
        if session is None:
            if upload.url is not None:
                # Remembered in its place only when it has begun: the other may be there for somebody else.
                upload = Unfinished.of(self.cargo, self.file)
            self._give_up_outdated()
            session = self._begun(upload)
        if "part_bytes" not in session:  # the bytes were there: it is the deposit
            self.means.uploads.forget(remembered)
            self.meter.at(self.cargo.size)
            return Delivered(session, was_there=True)
        upload = self.means.uploads.begun(upload, str(session["url"]))
        kept = kept_bytes(session)
        self.meter.at(kept)
        try:
            answer = self._completed(session)
        except Refused as refusal:
            if refusal.status in {HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY}:
                self.means.uploads.forget(upload)
            raise
        self.means.uploads.forget(upload)
        return Delivered(answer, was_there=False, kept=kept)

    def _give_up_outdated(self) -> None:
        """Give up what was begun with other bytes of the same file: nobody can go on with that."""
        for each in self.means.uploads.outdated(self.cargo, self.file):
            try:
                if each.url is not None:
                    self.means.api.call("DELETE", each.url)
            except CommandFailed as failure:
                if failure.status != HTTPStatus.GONE:
                    continue  # it stays in the list
            self.means.uploads.forget(each)
            self.means.uploads.warn(
                f"{self.file} has changed: the unfinished upload of what it was to {each.cargo.package} is"
                " given up"
            )

    def _resumed(self, upload: Unfinished) -> dict[str, Any] | None:
        """Return the session that was begun, None if there is none to go on with."""
        if upload.url is None:
            return None
        try:
            session = self._asked("GET", upload.url)
        except Refused as refusal:
            if refusal.status in GONE:
                return None
            raise
        return session if session["state"] in {*ALIVE, "done"} else None

    def _begun(self, upload: Unfinished) -> dict[str, Any]:
        wanted = {
            "filename": self.cargo.filename,
            "size": self.cargo.size,
            "sha256": self.cargo.sha256,
            "tag": self.cargo.tag,
            "version": self.cargo.version,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        return self._asked("POST", self.sessions, body=body, headers={"Idempotency-Key": upload.begin_key})

    def _completed(self, session: dict[str, Any]) -> dict[str, Any]:
        """Send what is missing and complete, again where another command has changed something."""
        rounds, most = 0, 0
        while True:
            try:
                if session["state"] == "open":
                    self._send(session)
                return self._sealed(str(session["url"]))
            except Refused as refusal:
                if refusal.reason not in MOVED_ON or rounds >= ROUNDS:
                    raise
            session = self._left_alone(str(session["url"]), FIRST_QUIET_SECONDS * 2**rounds)
            kept = kept_bytes(session)
            self.meter.at(kept)
            rounds, most = (0, kept) if kept > most else (rounds + 1, most)

    def _left_alone(self, url: str, seconds: float) -> dict[str, Any]:
        """Return the session when nobody has got further in it for about so long, or no part is missing."""
        quiet, patience = 0.0, random.uniform(0.5, 1.5) * seconds  # noqa: S311 - no secret
        session = self._asked("GET", url)
        while session["state"] == "open" and session["missing"] and quiet < patience:
            if self.means.stop.wait(LOOK_SECONDS):
                raise Stopped
            seen, session = session, self._asked("GET", url)
            quiet = quiet + LOOK_SECONDS if session["missing"] == seen["missing"] else 0.0
        return session

    def _sealed(self, url: str) -> dict[str, Any]:
        """Complete the session; the service may be at it for a while."""
        waited = 0.0
        while True:
            answer = self._asked("POST", f"{url}/complete", body={})
            if answer.get("state") != "sealing":
                return answer
            if waited > LONGEST_SEALING_SECONDS:
                raise NotInTime("the service has all parts and is still joining them; run the command again")
            if self.means.stop.wait(SEALING_SECONDS):
                raise Stopped
            waited += SEALING_SECONDS

    def _send(self, session: dict[str, Any]) -> None:
        """Send the missing parts, several at once. Raises what the first one that fails raises."""
        failed = threading.Event()
        work = [
            self.means.pool.submit(self._send_part, f"{session['url']}/parts/{number}", offset, size, failed)
            for number, offset, size in missing_parts(session)
        ]
        done, waiting = wait(work, return_when=FIRST_EXCEPTION)
        if waiting:
            failed.set()
            for each in waiting:
                each.cancel()
            wait(waiting)
        raise_first([*done, *waiting])

    def _send_part(self, url: str, offset: int, size: int, failed: threading.Event) -> None:
        def attempt() -> None:
            if failed.is_set():
                raise Stopped
            moved = 0

            def count(some: int) -> None:
                nonlocal moved
                moved += some
                self.meter.moved(some)

            def body() -> OutgoingFile:
                return OutgoingFile(opened, size, self.means.stop, count, start=offset)

            try:
                with self.file.open("rb") as opened, self.means.api.send("PUT", url, body=body) as response:
                    self.means.api.data_of(response)
            except BaseException:
                self.meter.moved(-moved)
                raise

        try:
            self._persistently(attempt)
        except BaseException:
            failed.set()  # from here, so that no other part begins, which might take another command's
            raise

    def _asked(self, method: str, where: str, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._persistently(lambda: self.means.api.call(method, where, **options))
        return answer

    def _persistently[T](self, work: Callable[[], T]) -> T:
        return persistently(work, retries=self.means.retries, stop=self.means.stop, progress=lambda: None)


def missing_parts(session: dict[str, Any]) -> Iterator[tuple[int, int, int]]:
    """Yield number, offset and size of every part that has not come."""
    part_bytes = int(session["part_bytes"])
    for first, last in session["missing"]:
        for number in range(first, last + 1):
            offset = (number - 1) * part_bytes
            yield number, offset, min(part_bytes, int(session["size"]) - offset)


def kept_bytes(session: dict[str, Any]) -> int:
    """Return how many bytes of a session have come."""
    return int(session["size"]) - sum(size for _, _, size in missing_parts(session))


def raise_first(work: list[Future[None]]) -> None:
    """Raise what has gone wrong, before what was only stopped because of it."""
    failures = [each.exception() for each in work if not each.cancelled()]
    real = [each for each in failures if each is not None]
    real.sort(key=lambda each: isinstance(each, Stopped | CancelledError))
    if real:
        raise real[0]
    if any(each.cancelled() for each in work):
        raise Stopped
