"""Uploads that have begun and not ended, remembered on this machine so that any later command goes on.

One small file for each, beside the configuration. It holds no secret: whoever goes on needs a credential.
"""

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pkgctl.errors import LocalProblem
from pkgctl.profiles import FOLDER_MODE


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


class UnfinishedUploads:
    """Remembers them. Every method raises LocalProblem if the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "uploads"

    def found_or_new(self, cargo: Cargo, file: Path) -> Unfinished:
        """Return what is remembered of a cargo, or remember it from now on."""
        found = self._read(self._path(cargo))
        if found is not None and found.cargo == cargo:
            return found
        return self.anew(cargo, file)

    def anew(self, cargo: Cargo, file: Path) -> Unfinished:
        """Remember a cargo of which nothing has been sent."""
        made = Unfinished(cargo, str(file.resolve()), secrets.token_urlsafe(16))
        self._write(made)
        return made

    def begun(self, upload: Unfinished, url: str) -> Unfinished:
        """Remember where the service has it."""
        known = replace(upload, url=url)
        self._write(known)
        return known

    def forget(self, upload: Unfinished) -> None:
        """Forget one that has ended."""
        with self._explained():
            self._path(upload.cargo).unlink(missing_ok=True)

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
            kept = json.loads(path.read_bytes())
            return Unfinished(**{**kept, "cargo": Cargo(**kept["cargo"])})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            return None  # of another version of this program, or torn: the upload begins anew
        except OSError as error:
            raise LocalProblem(f"cannot read {path}: {error.strerror}", reason="configuration") from error

    def _write(self, upload: Unfinished) -> None:
        """Replace the file in one step: whenever this program is killed, a whole one is there."""
        with self._explained():
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".upload-")
            with os.fdopen(handle, "w") as draft:
                json.dump(asdict(upload), draft)
            Path(name).replace(self._path(upload.cargo))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LocalProblem(
                f"cannot write {self._folder}: {error.strerror}", reason="configuration"
            ) from error
