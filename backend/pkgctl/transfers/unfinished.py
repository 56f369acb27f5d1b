"""Uploads that have begun and not ended, remembered on this machine so that any later command goes on.

One small file for each, beside the configuration. It holds no secret: whoever goes on needs a credential.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pkgctl.profiles import FOLDER_MODE

# Credentials go where a URL leads, so nothing but a session is followed.
SESSION_URL = re.compile(r"/api/v1/project/[^?#\s]+/uploads/sessions/[A-Za-z0-9_-]+")
BEGIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Cargo:
    """What is sent where, under which names; the same cargo goes on where it was."""

    server: str
    package: str
    filename: str
    size: int
    sha256: str
    tag: str | None = None
    version: str | None = None

    @property
    def key(self) -> str:
        """Under which name it is remembered."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One upload; `url` is None until the service has answered that it has begun."""

    cargo: Cargo
    file: str
    begin_key: str  # asks for the same session again if the first answer was lost
    url: str | None = None
    machine: str = ""  # whose `file` it is: machines may share a home

    @classmethod
    def of(cls, cargo: Cargo, file: Path) -> "Unfinished":
        """Return an upload of which nothing has been sent."""
        return cls(cargo, str(file.resolve()), secrets.token_urlsafe(16), machine=platform.node())


class UnfinishedUploads:
    """Remembers them. What cannot be read or written is told by `warn`, and no upload fails because of it."""

    def __init__(self, folder: Path, warn: Callable[[str], None]) -> None:
        self._folder = folder / "uploads"
        self.warn = warn
        self._told: set[str] = set()

    def found_or_new(self, cargo: Cargo, file: Path) -> Unfinished:
        """Return what is remembered of a cargo, or remember it from now on.

        Commands that begin with the same at once get the same.
        """
        path, made = self._path(cargo), Unfinished.of(cargo, file)
        found = self._read(path)
        if found is None:
            self._write(made, replaces=False)
            found = self._read(path)
        if found is None:
            self._write(made)
        return found or made

    def begun(self, upload: Unfinished, url: str) -> Unfinished:
        """Remember where the service has it."""
        known = replace(upload, url=url)
        self._write(known)
        return known

    def forget(self, upload: Unfinished) -> None:
        """Forget one that has ended, but not what another command has begun in its place."""
        path = self._path(upload.cargo)
        found = self._read(path)
        if found is not None and found.begin_key == upload.begin_key:
            with self._explained("what has ended stays in the list"):
                path.unlink(missing_ok=True)

    def outdated(self, cargo: Cargo, file: Path) -> list[Unfinished]:
        """Return what was begun with other bytes from the same file of this machine."""
        path, machine = str(file.resolve()), platform.node()
        return [
            each
            for each in self.at(cargo.server)
            if (each.file, each.machine) == (path, machine) and each.cargo.sha256 != cargo.sha256
        ]

    def at(self, server: str) -> Iterator[Unfinished]:
        """Yield those at a service."""
        for path in sorted(self._folder.glob("*.json")):
            found = self._read(path)
            if found is not None and found.cargo.server == server:
                yield found

    def _path(self, cargo: Cargo) -> Path:
        return self._folder / f"{cargo.key}.json"

    def _read(self, path: Path) -> Unfinished | None:
        try:
            return unfinished_of(json.loads(path.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, KeyError):  # of another version of this program, or torn
            self._tell(f"{path} cannot be understood and is passed over; delete it")
        except OSError as error:
            self._tell(f"cannot read {path}: {error.strerror}; it is passed over")
        return None

    def _write(self, upload: Unfinished, *, replaces: bool = True) -> None:
        """Make the file in one step: whenever this program is killed, a whole one is there."""
        with self._explained("an upload that breaks off now cannot be resumed"):
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".upload-")
            try:
                with os.fdopen(handle, "w") as draft:
                    json.dump(asdict(upload), draft)
                if replaces:
                    Path(name).replace(self._path(upload.cargo))
                else:
                    with contextlib.suppress(OSError):  # one is there, or there are no links here
                        self._path(upload.cargo).hardlink_to(name)
            finally:
                Path(name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _explained(self, consequence: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._tell(f"cannot write {self._folder}: {error.strerror}; {consequence}")

    def _tell(self, sentence: str) -> None:
        """Warn once of the same."""
        if sentence not in self._told:
            self._told.add(sentence)
            self.warn(sentence)


def unfinished_of(kept: Any) -> Unfinished:
    """Read what was kept. Raises ValueError, TypeError or KeyError for what this program does not write."""
    cargo = Cargo(**kept["cargo"])
    upload = Unfinished(**{**kept, "cargo": cargo})
    texts = [cargo.server, cargo.package, cargo.filename, cargo.sha256, upload.file, upload.machine]
    texts += [each for each in (cargo.tag, cargo.version) if each is not None]
    is_whole = all(isinstance(each, str) for each in texts) and type(cargo.size) is int
    # Both raise TypeError for what is no text.
    is_session = upload.url is None or SESSION_URL.fullmatch(upload.url)
    if not (is_whole and is_session and BEGIN_KEY.fullmatch(upload.begin_key)):
        message = "not an unfinished upload"
        raise ValueError(message)
    return upload
