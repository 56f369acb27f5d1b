"""An artifact comes out: hashed while it is written, continued when interrupted, in place only if right."""

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote

import requests

from pkgctl.addresses import SHA256, PackageRef
from pkgctl.api import Api
from pkgctl.errors import CommandFailed, Damaged, ExitCode, LocalProblem, NotARegistry, Unreachable
from pkgctl.transfers.files import BLOCK_BYTES, digest_of
from pkgctl.transfers.progress import Display, ProgressMeter
from pkgctl.transfers.retrying import persistently

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # typed as the module it replaces

EXTENDED_NAME = re.compile(r"filename\*=UTF-8''([^;\s]+)", re.IGNORECASE)
QUOTED_NAME = re.compile(r'filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
PART_NAME_BYTES = 64
CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/[0-9]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a reference means right now, as the service's headers say it."""

    sha256: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is in place; `transferred` bytes of it came over the network now."""

    path: Path
    offer: Offer
    transferred: int
    resumed_at: int
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where the bytes go: a file, a folder, or nothing for the current folder."""

    output: str | None
    force: bool

    def path(self, name: str) -> Path:
        """Return the path of the file. Raises LocalProblem for a name that should not be followed blindly."""
        if self.output is not None and not (self.output.endswith(os.sep) or Path(self.output).is_dir()):
            return Path(self.output)
        if not name or name.startswith(".") or {"/", "\\", "\0"} & set(name) or not name.isprintable():
            raise LocalProblem(
                f"the service proposes the file name {name!r}; choose one with -o", reason="odd_name"
            )
        return Path(self.output or ".", name)

    @property
    def may_replace(self) -> bool:
        """True also if the person has named the very file."""
        names_file = self.output is not None and not (
            self.output.endswith(os.sep) or Path(self.output).is_dir()
        )
        return self.force or names_file


class LocalPlace(Protocol):
    """Where the bytes of one artifact go."""

    @property
    def may_replace(self) -> bool:
        """True if a file that is there already may have other content."""

    def path(self, name: str) -> Path:
        """Return the path of the file, which the service calls `name`. Raises LocalProblem."""


class Downloader:
    """Downloads from one service."""

    def __init__(self, api: Api, display: Display, *, retries: int) -> None:
        self._api = api
        self._display = display
        self._retries = retries
        self._stop = threading.Event()  # never set: there is one thread, which Ctrl-C ends

    def fetch(self, ref: PackageRef, target: LocalPlace, expected: str | None = None) -> Fetched:
        """Put the artifact behind `ref` in place, if its SHA-256 is `expected`. Raises CommandFailed."""
        offer = self._offer(ref)
        if expected is not None and offer.sha256 != expected:
            raise Damaged(f"{ref} is {offer.sha256}, not {expected}", expected=expected, found=offer.sha256)
        path = target.path(offer.name)
        if self._is_in_place(path, offer, replace=target.may_replace):
            return Fetched(path, offer, 0, 0, was_there=True)
        part = path.with_name(part_name(path.name, offer.sha256))
        with exclusively(part) as file:
            partial = Partial(file, offer, self._display.meter(path.name, offer.size))
            resumed_at = partial.take_stock()
            persistently(
                lambda: self._continue(ref, partial),
                retries=self._retries,
                stop=self._stop,
                progress=lambda: partial.size,
            )
            partial.settle(part)
        part.replace(path)
        return Fetched(path, offer, partial.transferred, resumed_at)

    def _offer(self, ref: PackageRef) -> Offer:
        response = persistently(
            lambda: self._api.send("HEAD", ref.content), retries=self._retries, stop=self._stop, progress=int
        )
        with response:
            if response.ok:
                self._api.pass_on_warnings(response)
                return self._read_offer(response)
        # An answer to HEAD has no body; the reason stands in that to GET.
        with self._api.send("GET", ref.content, headers={"Range": "bytes=0-0"}) as response:
            if not response.ok:
                self._api.data_of(response)
        raise Unreachable(f"{self._api.server} could not be asked about {ref}; try again")

    def _read_offer(self, response: requests.Response) -> Offer:
        digest, size = (
            response.headers.get("X-Checksum-SHA256", ""),
            response.headers.get("Content-Length", ""),
        )
        if not SHA256.fullmatch(digest) or not size.isdecimal() or response.is_redirect:
            raise NotARegistry(
                f"{self._api.server} answered what no registry answers; is this its URL?",
                response.status_code,
            )
        return Offer(digest, int(size), proposed_name(response.headers.get("Content-Disposition", "")))

    def _is_in_place(self, path: Path, offer: Offer, *, replace: bool) -> bool:
        """Tell whether the file is there already. Raises LocalProblem if another one is in its place."""
        if not path.exists():
            return False
        if path.is_dir():
            raise LocalProblem(f"{path} is a folder", ExitCode.CONFLICT, reason="file_exists")
        if path.stat().st_size == offer.size:
            with path.open("rb") as file:
                if digest_of(file, self._stop, lambda _: None)[0] == offer.sha256:
                    return True
        if not replace:
            raise LocalProblem(
                f"{path} exists with other content; --force replaces it, -o chooses another name",
                ExitCode.CONFLICT,
                reason="file_exists",
            )
        return False

    def _continue(self, ref: PackageRef, partial: "Partial") -> None:
        """Fetch what is missing. Raises Unreachable if the connection breaks: what came is kept."""
        if partial.size == partial.offer.size:
            return
        headers = {}
        if partial.size:
            # If-Range: should the reference mean other bytes by now, their whole is answered, not their rest.
            headers = {"Range": f"bytes={partial.size}-", "If-Range": f'"{partial.offer.sha256}"'}
        with self._api.send("GET", ref.content, headers=headers) as response:
            if not response.ok:
                self._api.data_of(response)
            self._check_is_rest(response, partial)
            for block in self._api.blocks(response):
                partial.write(block)
        if partial.size < partial.offer.size:
            raise Unreachable(f"the connection to {self._api.server} ended early")

    def _check_is_rest(self, response: requests.Response, partial: "Partial") -> None:
        offered = response.headers.get("X-Checksum-SHA256", "")
        if offered != partial.offer.sha256:
            if not SHA256.fullmatch(offered):
                raise NotARegistry(f"{self._api.server} answered no artifact", response.status_code)
            raise CommandFailed(
                "the reference means other bytes since a moment ago; run the command again",
                ExitCode.CONFLICT,
                reason="reference_moved",
            )
        begins = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.status_code == HTTPStatus.PARTIAL_CONTENT and begins and int(begins[1]) == partial.size:
            return
        if response.status_code == HTTPStatus.OK:
            partial.start_again()
            return
        raise NotARegistry(
            f"{self._api.server} answered another range than the one asked for", response.status_code
        )


class Partial:
    """A file that is not whole yet."""

    def __init__(self, file: BinaryIO, offer: Offer, meter: ProgressMeter) -> None:
        self.offer = offer
        self.size = 0
        self.transferred = 0
        self._file = file
        self._digest = hashlib.sha256()
        self._meter = meter

    def take_stock(self) -> int:
        """Hash what an earlier attempt has left, and return how much that is."""
        size = os.fstat(self._file.fileno()).st_size
        if size > self.offer.size:
            self.start_again()
            return 0
        self._file.seek(0)
        while block := self._file.read(BLOCK_BYTES):
            self._digest.update(block)
            self.size += len(block)
        self._meter.at(self.size)
        return self.size

    def start_again(self) -> None:
        """Forget what is there."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size = 0
        self._meter.at(0)

    def write(self, block: bytes) -> None:
        """Add bytes. Raises NotARegistry for more than were announced."""
        self.transferred += len(block)
        if self.size + len(block) > self.offer.size:
            message = "the service sends more bytes than it announced"
            raise NotARegistry(message, HTTPStatus.OK)
        self._file.write(block)
        self._file.flush()  # what has arrived is kept whenever this program is killed
        self._digest.update(block)
        self.size += len(block)
        self._meter.moved(len(block))

    def settle(self, part: Path) -> None:
        """Make the bytes durable. Raises Damaged, and removes them, if they are not the right ones."""
        found = self._digest.hexdigest()
        if found != self.offer.sha256:
            part.unlink(missing_ok=True)
            raise Damaged(
                f"the bytes are not the right ones: their SHA-256 is {found}, not {self.offer.sha256};"
                " they were thrown away, run the command again",
                expected=self.offer.sha256,
                found=found,
            )
        os.fsync(self._file.fileno())


def part_name(name: str, sha256: str) -> str:
    """Return the name of the file in which bytes arrive; it is short enough wherever `name` itself is.

    The digest in it keeps the beginning of one artifact from being continued with another.
    """
    beginning = name.encode(errors="ignore")[:PART_NAME_BYTES].decode(errors="ignore")
    return f"{beginning}.{sha256[:12]}.part"


@contextlib.contextmanager
def exclusively(part: Path) -> Iterator[BinaryIO]:
    """Open a partial file so that no second command writes to it at once. Raises LocalProblem."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        # Not mode "w": what an earlier attempt has left is wanted. Not "a": it may have to be replaced.
        # Not through a link: it would write where nobody has asked for it.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        file = os.fdopen(os.open(part, flags, 0o666), "r+b")
    except OSError as error:
        raise LocalProblem(f"cannot write {part}: {error.strerror}", reason="unwritable") from error
    with file:
        if fcntl is not None:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LocalProblem(
                    f"another command is downloading {part.name}", ExitCode.CONFLICT, reason="busy"
                ) from error
        yield file


def proposed_name(disposition: str) -> str:
    """Return the file name of a Content-Disposition header (RFC 6266); empty if there is none."""
    if extended := EXTENDED_NAME.search(disposition):
        return unquote(extended[1])
    quoted = QUOTED_NAME.search(disposition)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
