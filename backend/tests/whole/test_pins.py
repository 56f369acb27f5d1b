"""What is installed is pinned: by version in the lists, by hash in the files beside them."""

import json
import re
from pathlib import Path

from tests.support.each import each
from tests.support.live import BACKEND

ROOT = BACKEND.parent
NODE = {
    "the tests": BACKEND / "tests" / "integration" / "node",
    "the benchmark": ROOT / "benchmarks" / "contenders" / "verdaccio",
}
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\#]+)", re.MULTILINE)
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
LISTS = {
    "requirements.lock": ("requirements.txt",),
    "requirements-test.lock": ("requirements.txt", "requirements-test.txt"),
    "requirements-generator.lock": ("requirements-generator.txt",),
}


def pins(*lists: str) -> set[tuple[str, str]]:
    """Return the names and versions in some lists."""
    found = (pin for name in lists for pin in PIN.findall((ROOT / name).read_text(encoding="utf-8")))
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found}


@each(LISTS)
def test_each_pin_of_the_lists_has_its_hashes_and_nothing_else_has(lock: str) -> None:
    with_hashes = {
        (re.sub(r"[-_.]+", "-", name).lower(), version)
        for name, version, _hashes in LOCKED.findall((ROOT / lock).read_text(encoding="utf-8"))
    }

    assert with_hashes == pins(*LISTS[lock]), "run `make hashes`"


def test_no_line_of_the_lists_leaves_the_version_open() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-generator.txt"):
        lines = (line.partition("#")[0].strip() for line in Path(ROOT / name).read_text().splitlines())
        assert [line for line in lines if line and not line.startswith("-r ") and "==" not in line] == []


@each(NODE)
def test_what_is_taken_from_npm_has_a_version_and_a_hash_and_comes_from_no_named_host(whose: str) -> None:
    wanted = json.loads((NODE[whose] / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((NODE[whose] / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert locked.pop("")["dependencies"] == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert {
        name: version
        for name, version in wanted.items()
        if locked[f"node_modules/{name}"]["version"] != version
    } == {}
    # What a package brings along in its own tarball has the hash of that.
    apart = [each for each in locked.values() if not each.get("inBundle")]
    assert all(each["integrity"].startswith("sha512-") for each in apart)
    assert not any("resolved" in each for each in locked.values()), (
        "npm install --omit-lockfile-registry-resolved"
    )
