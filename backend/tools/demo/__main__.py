"""The story that `make demo` tells. Exit codes: 0 all bytes agree, 1 they do not, 3 nothing to publish."""

import base64
import hashlib
import sys
import tempfile
from pathlib import Path

from tools.demo.node_registry import ClientsOfNode
from tools.demo.python_index import ClientsOfPython, fetch_uv
from tools.demo.registry import Registry, RegistryError, running_registry
from tools.demo.sources import SOURCES, TARBALLS, WHEELS, NotFetched, PublishedFile, Source, fetch

PROJECT = "demo"


def main() -> int:
    """Fetch, publish, resolve, download, compare."""
    with tempfile.TemporaryDirectory(prefix="registry-demo-") as name:
        folder = Path(name)
        try:
            fetched = {source: fetch_and_tell(source, folder / "fetched") for source in SOURCES}
            with running_registry(folder) as registry:
                say(f"Started a registry of its own at {registry.url}.")
                registry.make_project(PROJECT)
                wrong = sum(
                    publish_and_fetch_back(registry, source, files) for source, files in fetched.items()
                )
                wrong += publish_and_install(registry, fetched[WHEELS], folder)
                wrong += publish_and_install_with_npm(registry, fetched[TARBALLS], folder)
        except NotFetched as missing:
            say(f"The demonstration stops: it could not fetch {missing}")
            return 3
        except RegistryError as error:
            say(f"The demonstration failed: {error}")
            return 1
    same = "every download is, byte for byte, what was published"
    say(f"\nDone: {f'{wrong} checks failed' if wrong else same}. The registry is stopped, its data removed.")
    return 1 if wrong else 0


def fetch_and_tell(source: Source, folder: Path) -> list[PublishedFile]:
    """Fetch a package and say what came."""
    say(f"Fetching {source.name} ({source.kind}) {', '.join(source.versions)}")
    return fetch(source, folder)


def publish_and_fetch_back(registry: Registry, source: Source, files: list[PublishedFile]) -> int:
    """Publish the files of one package and get them back by three kinds of ref; count what is wrong."""
    say(f"\n{source.name}, {source.kind}")
    registry.make_package(PROJECT, source.name)
    wrong = 0
    for position, file in enumerate(files):
        tag = "stable" if position == source.stable else None
        answer = registry.upload(PROJECT, source.name, file, tag=tag)
        found, note = answer["version"], f", tagged {tag}" if tag else ""
        say(f"  published {file.path.name}: version {found} from its {answer['version_source']}{note}")
        wrong += not agrees("its version", found, file.version)
    refs = {
        "latest": files[-1],
        f"version:{source.range}": files[source.range_finds],
        "tag:stable": files[source.stable],
    }
    return wrong + sum(fetch_back(registry, source, ref, file) for ref, file in refs.items())


def fetch_back(registry: Registry, source: Source, ref: str, expected: PublishedFile) -> int:
    """Resolve and download one ref; return how much of the answer is wrong."""
    resolved = registry.resolve(PROJECT, source.name, ref)
    download = registry.download(PROJECT, source.name, ref)
    checks = (
        agrees("what the ref resolves to", resolved["artifact_id"], expected.sha256),
        agrees("the checksum header", download.claimed_sha256, expected.sha256),
        agrees("the bytes' SHA-256", download.sha256, expected.sha256),
    )
    verdict = "as published" if all(checks) else "DIFFERENT"
    measured = f"{download.size_bytes:7} bytes, SHA-256 {download.sha256[:12]}…"
    say(f"  {ref:22} is {expected.version:7} {measured} {verdict}")
    return checks.count(False)


def publish_and_install(registry: Registry, files: list[PublishedFile], folder: Path) -> int:
    """Let uv publish wheels to the project's index, and pip install from it; return how much is wrong."""
    say(f"\n{WHEELS.name}, with uv and pip")
    index = ClientsOfPython(registry, PROJECT, fetch_uv(folder / "uv"))
    for file in files:
        index.publish(file)
        say(f"  uv published {file.path.name}")
    index.publish(files[-1])
    say(f"  uv published {files[-1].path.name} again: the same bytes, a success")
    installed = index.install(WHEELS.name, folder / "site")
    say(f"  pip installed {WHEELS.name} {installed}")
    return not agrees("what pip installed", installed, files[-1].version)


def publish_and_install_with_npm(registry: Registry, files: list[PublishedFile], folder: Path) -> int:
    """Let npm publish tarballs to the project's registry, and install from it; return how much is wrong."""
    say(f"\n{TARBALLS.name}, with npm")
    clients = ClientsOfNode(registry, PROJECT, folder / "node")
    for file in files:
        clients.publish(file)
        say(f"  npm published {file.path.name}")
    installed, integrity = clients.install(TARBALLS.name)
    say(f"  npm installed {TARBALLS.name} {installed}, {integrity[:22]}…")
    wrong = not agrees("what npm installed", installed, files[-1].version)
    return wrong + (not agrees("the digest in its lock file", integrity, integrity_of(files[-1])))


def integrity_of(file: PublishedFile) -> str:
    """Return what lock files of npm hold of a file."""
    return f"sha512-{base64.b64encode(hashlib.sha512(file.path.read_bytes()).digest()).decode()}"


def agrees(what: str, found: object, expected: object) -> bool:
    """Tell whether two things are equal, aloud if they are not."""
    if found != expected:
        say(f"  WRONG: {what} is {found}, expected {expected}")
    return found == expected


def say(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
