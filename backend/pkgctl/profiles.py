"""The configuration file: for each service the tokens of a login, and which service was used last.

It is one JSON file of mode 0600 in a folder of mode 0700, the platform's folder for configuration.
"""

import contextlib
import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from pkgctl.errors import LocalProblem

FOLDER_MODE, OTHERS = 0o700, 0o077
ROOM_BYTES = 4096  # more than one login takes


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gave."""

    email: str
    access_token: str
    refresh_token: str


class ProfileFile:
    """Reads and writes the file. Every method raises LocalProblem if the file cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_config_path("pkgctl", appauthor=False)
        self.path = self.folder / "config.json"

    def login(self, server: str) -> Login | None:
        """Return the login at a service."""
        stored = self._read()["logins"].get(server)
        try:
            return None if stored is None else Login(**stored)
        except TypeError:
            return None  # of another version of this program; logging in again writes it anew

    def default_server(self) -> str | None:
        """Return the service that was logged in to last."""
        found = self._read()["server"]
        return found if isinstance(found, str) else None

    @contextlib.contextmanager
    def place(self, server: str) -> Iterator[Callable[[Login], None]]:
        """Yield what keeps a login at a service, and makes that service the one used from now on.

        The place is there before: nobody logs in only to learn that it cannot be kept.
        """
        with self._draft() as draft:

            def keep(login: Login) -> None:
                self._settle(draft, {**self._with(server, login), "server": server})

            yield keep

    @contextlib.contextmanager
    def place_for_renewal(self, server: str) -> Iterator[Callable[[Login], None]]:
        """Yield what keeps the new tokens of a login, and changes nothing else.

        They cost a token that is good for one use. So their place is made ready before: a new file with
        room for them, or else the old file, which has the room. Entering does not raise; only keeping does,
        if neither can be written.
        """
        with contextlib.ExitStack() as stack:
            draft = None
            with contextlib.suppress(LocalProblem):
                draft = stack.enter_context(self._draft())

            def keep(login: Login) -> None:
                content = self._with(server, login)
                if draft is None:
                    self._overwrite(content)
                else:
                    self._settle(draft, content)

            yield keep

    def _with(self, server: str, login: Login) -> dict[str, Any]:
        content = self._read()
        content["logins"][server] = asdict(login)
        return content

    def forget(self, server: str) -> bool:
        """Remove the login at a service; False if there was none."""
        content = self._read()
        if content["logins"].pop(server, None) is None:
            return False
        self._write(content)
        return True

    def _read(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as file:
                if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & OTHERS:
                    with contextlib.suppress(OSError):  # on what is mounted read-only, for one
                        os.fchmod(file.fileno(), 0o600)
                content = json.load(file)
        except FileNotFoundError:
            return {"server": None, "logins": {}}
        except (OSError, ValueError) as error:
            raise LocalProblem(
                f"cannot read {self.path} ({type(error).__name__}); mend it, or remove it and log in again",
                reason="configuration",
            ) from error
        if not isinstance(content, dict) or not isinstance(content.get("logins"), dict):
            raise LocalProblem(
                f"{self.path} is not a file of pkgctl; remove it and log in again", reason="configuration"
            )
        return {"server": content.get("server"), "logins": content["logins"]}

    def _write(self, content: Mapping[str, Any]) -> None:
        with self._draft() as draft:
            self._settle(draft, content)

    @contextlib.contextmanager
    def _draft(self) -> Iterator[Path]:
        """Make a file with room for what will stand in it; settling puts it in the place of ours."""
        with self._explained():
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self.folder.chmod(FOLDER_MODE)
            # mkstemp makes files that only their owner may read.
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".config-")
            os.close(handle)
        draft = Path(name)
        try:
            with self._explained(), draft.open("r+b") as file:
                size = self.path.stat().st_size if self.path.exists() else 0
                write_durably(file, b" " * (size + ROOM_BYTES))
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _settle(self, draft: Path, content: Mapping[str, Any]) -> None:
        """Replace the file in one step, so that a command that reads at the same time sees a whole one."""
        with self._explained():
            with draft.open("r+b") as file:
                write_durably(file, as_json(content))
            draft.replace(self.path)

    def _overwrite(self, content: Mapping[str, Any]) -> None:
        """Write into the file itself, within the room that it has: half a file is worse than an old one."""
        text = as_json(content)
        with self._explained(), self.path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            if len(text) > size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write_durably(file, text.ljust(size))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LocalProblem(
                f"cannot write {self.path}: {error.strerror}", reason="configuration"
            ) from error


def as_json(content: Mapping[str, Any]) -> bytes:
    """Write what the file holds; blanks at its end keep room for longer tokens."""
    text = json.dumps(content, indent=2).encode()
    return text.ljust(-(-len(text) // ROOM_BYTES) * ROOM_BYTES)


def write_durably(file: BinaryIO, content: bytes) -> None:
    """Write into an existing file from its beginning, within the room that it has, and wait for the disk."""
    file.write(content)
    file.truncate()
    file.flush()
    os.fsync(file.fileno())
