"""The real packages that the demonstration publishes, fetched by the tools that people use."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 180


class NotFetched(Exception):
    """A package could not be fetched; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Some versions of one package, oldest first, and which of them a range shall find.

    `range_finds` and `stable` are positions in `versions`.
    """

    kind: str
    name: str
    versions: tuple[str, ...]
    range: str
    range_finds: int
    stable: int


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file as its publisher made it."""

    path: Path
    version: str
    sha256: str


WHEELS = Source("wheel", "six", ("1.15.0", "1.16.0", "1.17.0"), ">=1.15,<1.17", range_finds=1, stable=0)
TARBALLS = Source("npm tarball", "ms", ("2.0.0", "2.1.2", "2.1.3"), "^2.0.0", range_finds=2, stable=1)
SOURCES = (
    WHEELS,
    # Its build tool is itself, so that pip can look into the sdist without fetching anything else.
    Source("sdist", "flit-core", ("3.9.0", "3.10.1", "3.12.0"), "~3.10", range_finds=1, stable=1),
    TARBALLS,
)


def fetch(source: Source, folder: Path) -> list[PublishedFile]:
    """Fetch every version of a package into `folder`. Raises NotFetched."""
    files = []
    for version in source.versions:
        target = folder / f"{source.name}-{version}"
        target.mkdir(parents=True)
        run(command(source, version, target), f"{source.name} {version} ({source.kind})", target)
        path = next((found for found in sorted(target.iterdir()) if found.is_file()), None)
        if path is None:
            raise NotFetched(f"{source.name} {version} ({source.kind}): nothing came")
        files.append(PublishedFile(path, version, hashlib.sha256(path.read_bytes()).hexdigest()))
    return files


def command(source: Source, version: str, target: Path) -> list[str]:
    """Return the command that fetches one version into `target`."""
    if source.kind == "npm tarball":
        npm = shutil.which("npm")
        if npm is None:
            raise NotFetched(f"{source.name} (npm tarball): npm is not installed")
        return [npm, "pack", "--silent", "--pack-destination", str(target), f"{source.name}@{version}"]
    form = "--only-binary=:all:" if source.kind == "wheel" else "--no-binary=:all:"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    return [*pip, "--no-deps", form, "--dest", str(target), f"{source.name}=={version}"]


def run(fetching: list[str], what: str, folder: Path) -> None:
    """Run a fetching command; NotFetched with its last line if it fails."""
    try:
        done = subprocess.run(
            fetching,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotFetched(f"{what}: it took longer than {FETCH_SECONDS} seconds") from None
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise NotFetched(f"{what}: {said[-1].strip() if said else f'exit code {done.returncode}'}")
