"""The configuration file: for each service the tokens of a login, and which service was used last.

It is one JSON file of mode 0600 in a folder of mode 0700, the platform's folder for configuration.
"""

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from pkgctl.errors import LocalProblem

FOLDER_MODE, OTHERS = 0o700, 0o077


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

    def store(self, server: str, login: Login) -> None:
        """Keep a login, and use this service from now on."""
        content = self._read()
        content["logins"][server] = asdict(login)
        self._write({**content, "server": server})

    def renew(self, server: str, login: Login) -> None:
        """Keep the new tokens of a login; nothing else changes."""
        content = self._read()
        content["logins"][server] = asdict(login)
        self._write(content)

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
        """Replace the file in one step, so that a command that reads at the same time sees a whole one."""
        try:
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self.folder.chmod(FOLDER_MODE)
            # mkstemp makes files that only their owner may read.
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".config-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(content, file, indent=2)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise LocalProblem(
                f"cannot write {self.path}: {error.strerror}", reason="configuration"
            ) from error
