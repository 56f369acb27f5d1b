"""Nix: an expression of the administrator's catalogue, built, and its closure exported.

Nobody but the administrator supplies expressions. What users choose, the name of a package and a version
that follows SemVer, is a folder's name and a string argument: no shell and no expression ever reads it.
"""

import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wxcloudrun.kit import clock
from wxcloudrun.kit.names import is_name
from wxcloudrun.releases.errors import NotObtained
from wxcloudrun.releases.gateway.port import Material, Wanted, Watch
from wxcloudrun.releases.gateway.process import Command, OutOfTime, Running, running
from wxcloudrun.releases.rules.build_log import BuildLog

CONTENT_TYPE = "application/x-nix-export"
QUERY_SECONDS = 60.0
KILL_MARGIN_SECONDS = 5.0  # nix-build ends its builders itself; a moment later it is ended with them
ABANDONED_SECONDS = 86_400  # beyond its time limit: what a worker that died has left
BUILDER_FAILED, TIMED_OUT, HASH_MISMATCH = 100, 101, 102
SILENT = re.compile(rb"timed out after [0-9]+ seconds of silence")
BUILDER_EXIT = re.compile(rb"failed with exit code ([0-9]{1,3})")
# What builders find of the machine inside the sandbox: a store without nixpkgs has no other /bin/sh.
SANDBOX_PATHS = ("/bin", "/usr", "/lib", "/lib64")
PROBE = """{ salt }: derivation {
  name = "sandbox-probe"; system = builtins.currentSystem;
  builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; inherit salt;
}"""


@dataclass(frozen=True, slots=True)
class NixSettings:
    """How the administrator wants Nix to be used. `directory` is the service's own, for store and roots."""

    directory: Path
    catalog: Path | None
    store: Literal["private", "system"]
    sandbox: Literal["auto", "true", "false"]
    timeout_seconds: int
    silence_seconds: int
    nix_path: str | None = None


class NixGateway:
    """Builds what a package's name stands for in the catalogue."""

    def __init__(self, settings: NixSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._sandbox_works: bool | None = None

    @contextmanager
    def obtain(self, wanted: Wanted, watch: Watch) -> Iterator[Material]:
        """Build and open the export of the closure; see the port.

        A root keeps the garbage collector of Nix off the closure until the block ends.
        """
        expression = self._expression(wanted.name)
        self._require("nix-build")
        self._settings.directory.joinpath("home").mkdir(parents=True, exist_ok=True)
        with self._roots() as roots:
            arguments = ["--out-link", str(roots / "result"), "--argstr", "version", wanted.version]
            paths = self._build(expression, arguments, watch)
            closure = self._lines(["nix-store", "--query", "--requisites", *paths], watch)
            watch.log.say(f"exporting a closure of {len(closure)} store paths")
            with running(self._command(["nix-store", "--export", *closure])) as export:
                yield Material(
                    filename=f"{wanted.name}-{wanted.version}.nix-export",
                    content_type=CONTENT_TYPE,
                    blocks=self._exported(export, watch),
                )

    def _expression(self, name: str) -> Path:
        """Return the file in the catalogue. Raises NotObtained, for one that leads out of it too."""
        if self._settings.catalog is None:
            raise NotObtained(
                "the administrator has set up no catalogue of Nix expressions (NIX_CATALOG_DIR)"
            )
        catalog = self._settings.catalog.resolve()
        file = (catalog / name / "default.nix").resolve()
        if not (is_name(name) and file.is_relative_to(catalog) and file.is_file()):
            raise NotObtained(f"the catalogue of Nix expressions holds nothing called {name}")
        return file

    def _require(self, program: str) -> str:
        found = shutil.which(program)
        if found is None:
            raise NotObtained(
                f"{program} is not installed where the worker runs; install Nix there"
                " (on Debian: apt-get install nix-bin) and retry"
            )
        return found

    @contextmanager
    def _roots(self) -> Iterator[Path]:
        """Make a folder whose links are roots, and remove what workers that died have left."""
        home = self._settings.directory / "roots"
        home.mkdir(parents=True, exist_ok=True)
        now = clock.now()
        oldest = now.timestamp() - self._settings.timeout_seconds - ABANDONED_SECONDS
        newest = clock.latest_credible(now).timestamp()
        for left in home.iterdir():
            if not oldest <= left.lstat().st_mtime <= newest:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            yield Path(folder)

    def _build(self, expression: Path, arguments: list[str], watch: Watch) -> list[str]:
        """Build; return the store paths."""
        watch.log.say(f"building {expression.parent.name} in the {self._settings.store} store")
        watch.log.say(self._sandbox_sentence())
        limits = ["--timeout", str(self._settings.timeout_seconds)]
        limits += ["--max-silent-time", str(self._settings.silence_seconds)]
        command = self._command(["nix-build", *limits, *arguments, str(expression)])
        said = BuildLog(limit_bytes=64 * 1024)

        def note(message: bytes) -> None:
            said.write(message)
            watch.log.write(message)

        try:
            with running(command) as build:
                output = b"".join(build.output(note, watch.still_wanted))
                code = build.exit_code()
        except OutOfTime:
            raise NotObtained(self._too_long()) from None
        if code != 0:
            raise NotObtained(self._failure(code, said.text()))
        return output.decode().splitlines()

    def _failure(self, code: int, said: bytes) -> str:
        """Say in a sentence why nix-build ended with this code."""
        if code == TIMED_OUT and SILENT.search(said):
            return f"the build was stopped: it said nothing for {self._settings.silence_seconds} seconds"
        if code == TIMED_OUT:
            return self._too_long()
        if code == BUILDER_FAILED:
            found = BUILDER_EXIT.search(said)
            how = f" with exit code {found[1].decode()}" if found else ""
            return f"the builder failed{how}; the log of the release says more"
        if code == HASH_MISMATCH:
            return "the build gave other bytes than its expression promises; the log of the release says more"
        return "nix-build could not evaluate or build the expression; the log of the release says more"

    def _too_long(self) -> str:
        return f"the build was stopped: it took longer than {self._settings.timeout_seconds} seconds"

    def _exported(self, export: Running, watch: Watch) -> Iterator[bytes]:
        """Yield the export. Raises NotObtained at its end if it is not whole."""
        try:
            yield from export.output(watch.log.write, watch.still_wanted)
            code = export.exit_code()
        except OutOfTime:
            raise NotObtained("the export of the closure took too long") from None
        if code != 0:
            raise NotObtained("the closure could not be exported; the log of the release says more")

    def _lines(self, arguments: list[str], watch: Watch) -> list[str]:
        """Return what a short query prints. Raises NotObtained."""
        try:
            with running(self._command(arguments, QUERY_SECONDS)) as query:
                output = b"".join(query.output(watch.log.write, watch.still_wanted))
                code = query.exit_code()
        except OutOfTime:
            code = TIMED_OUT
        if code != 0:
            raise NotObtained("the store of Nix did not answer; the log of the release says more")
        return output.decode().splitlines()

    # --- How Nix is set up ---------------------------------------------------------------------------

    def _command(self, arguments: list[str], seconds: float | None = None) -> Command:
        program = self._require(arguments[0])
        limit = self._settings.timeout_seconds + KILL_MARGIN_SECONDS if seconds is None else seconds
        sandbox = self._settings.sandbox if self._sandbox_works is None else str(self._sandbox_works).lower()
        return Command([program, *arguments[1:]], self._environment(program, sandbox), limit)

    def _environment(self, program: str, sandbox: str) -> dict[str, str]:
        """Return all that Nix gets to see: nothing of the service's own environment, which holds secrets."""
        directory = self._settings.directory.resolve()
        environment = {
            "PATH": f"{Path(program).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(directory / "home"),
            "LANG": "C.UTF-8",
        }
        if self._settings.nix_path is not None:
            environment["NIX_PATH"] = self._settings.nix_path
        if self._settings.store == "system":
            return environment | ({} if sandbox == "auto" else {"NIX_CONFIG": f"sandbox = {sandbox}"})
        places = {"STORE": "store", "STATE": "var", "LOG": "log", "CONF": "etc"}
        environment |= {f"NIX_{name}_DIR": str(directory / folder) for name, folder in places.items()}
        lines = {
            "build-users-group": "",
            "substituters": "",
            "sandbox": "true" if sandbox == "auto" else sandbox,
            "sandbox-fallback": "false",
            "sandbox-paths": " ".join(path for path in SANDBOX_PATHS if Path(path).exists()),
        }
        config = "\n".join(f"{name} = {value}" for name, value in lines.items())
        return environment | {"NIX_REMOTE": "", "NIX_CONFIG": config}

    def _sandbox_sentence(self) -> str:
        """Find out whether builders can be shut in, and say so."""
        asked = self._settings.sandbox
        if self._settings.store == "system":
            return (
                "the sandbox is as the machine's nix.conf says" if asked == "auto" else f"sandbox = {asked}"
            )
        if asked != "auto":
            return f"sandbox = {asked}"
        with self._lock:
            if self._sandbox_works is None:
                self._sandbox_works = self._probe()
        works = "true" if self._sandbox_works else "false: the kernel does not let this user shut builders in"
        return f"sandbox = {works}"

    def _probe(self) -> bool:
        """Build something tiny in the sandbox; the salt keeps an earlier result from being taken."""
        arguments = ["--no-out-link", "--argstr", "salt", secrets.token_hex(8), "--expr", PROBE]
        try:
            with running(self._command(["nix-build", *arguments], QUERY_SECONDS)) as probe:
                for _ in probe.output(lambda _: None, lambda: None):
                    pass
                return probe.exit_code() == 0
        except OutOfTime:
            return False
