"""`make audit`: what is known against the libraries that are pinned, their hashes, licences, and the images.

Ends with 0 if all is well, 1 if there is something to look at, 3 if something could not be found out: without
a source of advisories nobody knows whether there are any. ADVISORIES names a dump of OSV (its `PyPI/all.zip`,
for machines without the internet), or another address of the service than its own.
"""

import json
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import requests
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("requirements", "requirements-test", "requirements-generator")
OSV = "https://api.osv.dev/v1/querybatch"
SECONDS = 30
FOUND, UNKNOWN = 1, 3
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\#]+)", re.MULTILINE)
LOCKED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)((?:[^\n]*\\\n\s+--hash=sha256:[0-9a-f]{64})+)", re.MULTILINE
)
IMAGE = re.compile(r"^\s*(?:FROM|image:)\s+([^\s#]+)", re.MULTILINE)

# What may be combined with a service that its owner keeps for themselves: no licence that reaches its code.
ALLOWED = re.compile(
    r"\b(MIT|Apache(-2\.0| 2\.0| Software| License)|BSD|ISC|PSF|Python Software Foundation|MPL-2\.0|MPL 2\.0|"
    r"Mozilla Public License 2\.0|Unlicense|0BSD|CC0-1\.0|Zlib|LGPL|Public Domain)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Audited:
    """What was found, and what could not be found out; sentences."""

    findings: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return FOUND if self.findings else UNKNOWN if self.unknown else 0


type Pins = frozenset[tuple[str, str]]  # names and versions


def main() -> int:
    """Look at everything; print what was found."""
    pins = frozenset[tuple[str, str]]().union(*(pins_in(ROOT / f"{name}.txt") for name in LISTS))
    audited = Audited()
    for name in LISTS:
        audited.findings += hashes(ROOT / f"{name}.txt", ROOT / f"{name}.lock")
    audited.findings += licences(pins)
    audited.unknown += images([ROOT / "backend" / "Dockerfile", *sorted(ROOT.glob("docker-compose*.yml"))])
    advisories(pins, os.environ.get("ADVISORIES", OSV), audited)  # a tool, not the service
    for line in audited.findings:
        print(f"found: {line}")
    for line in audited.unknown:
        print(f"not known: {line}")
    print(f"{len(pins)} libraries: {len(audited.findings)} findings, {len(audited.unknown)} things not known")
    return audited.exit_code


def pins_in(file: Path) -> Pins:
    """Return what a list pins."""
    return frozenset((canonicalize_name(name), version) for name, version in PIN.findall(file.read_text()))


def hashes(listed: Path, locked: Path) -> Iterator[str]:
    """Return pins without a hash, and hashes of what is not pinned."""
    wanted: dict[str, str] = dict(pins_in(listed))
    if "-r requirements.txt" in listed.read_text():
        wanted |= dict(pins_in(listed.with_name("requirements.txt")))
    if not locked.exists():
        yield f"{locked.name} is not there; run `make hashes`"
        return
    there: dict[str, str] = {
        canonicalize_name(name): version for name, version, _ in LOCKED.findall(locked.read_text())
    }
    for name in sorted(wanted.keys() | there.keys()):
        if wanted.get(name) != there.get(name):
            offered = f"{there.get(name)}, the list {wanted.get(name)}"
            yield f"{locked.name} has {name} {offered}; run `make hashes`"


def licences(pins: Pins) -> Iterator[str]:
    """Return the installed libraries whose licence is not among those that are allowed, or is not said."""
    for name in sorted({name for name, _ in pins}):
        try:
            said = licence_of(metadata.metadata(name).json)
        except metadata.PackageNotFoundError:
            continue  # of the generator, which lives elsewhere
        if not any(ALLOWED.search(each) for each in said):
            yield f"{name} has a licence that nobody has allowed: {', '.join(said) or 'it says none'}"


def licence_of(said: Mapping[str, Any]) -> Sequence[str]:
    """Return what a distribution says about its licence, in the three places where that may stand."""
    kinds = [each.rpartition("::")[2].strip() for each in said.get("classifier", []) if "License ::" in each]
    short = str(said.get("license", "")).strip().split("\n")[0]
    return [each for each in (said.get("license_expression"), *kinds, short) if each]


def images(files: Iterable[Path]) -> Iterator[str]:
    """Return the images that a tag names alone: it may mean other bytes tomorrow."""
    for file in files:
        for image in sorted(set(IMAGE.findall(file.read_text()))):
            if "@sha256:" not in image:
                how = f"`docker buildx imagetools inspect {image}` says its digest"
                yield f"{file.name} takes {image} by its tag; {how}, to be written behind it as @sha256:…"


# --- Advisories ------------------------------------------------------------------------------------


def advisories(pins: Pins, source: str, audited: Audited) -> None:
    """Add what is known against the pins, or that there was nobody to ask."""
    try:
        known = from_service(pins, source) if source.startswith("http") else from_dump(pins, Path(source))
        audited.findings += [f"{name} {version} has {advisory}" for name, version, advisory in known]
    except (requests.RequestException, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        audited.unknown.append(
            f"whether anything is known against the libraries: {source} cannot be asked "
            f"({type(error).__name__}); ADVISORIES=all.zip takes a dump of OSV"
        )


def from_service(pins: Pins, url: str) -> Sequence[tuple[str, str, str]]:
    """Ask OSV about all pins at once."""
    listed = sorted(pins)
    asked = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in listed]
    answer = requests.post(url, json={"queries": asked}, timeout=SECONDS)
    answer.raise_for_status()
    found = zip(listed, answer.json()["results"], strict=True)
    return [(*pin, each["id"]) for pin, result in found for each in result.get("vulns", [])]


def from_dump(pins: Pins, dump: Path) -> Sequence[tuple[str, str, str]]:
    """Look into a zip of advisories, one JSON file each."""
    with zipfile.ZipFile(dump) as packed:
        records = [json.loads(packed.read(name)) for name in packed.namelist() if name.endswith(".json")]
    return sorted(
        (name, version, record["id"])
        for record in records
        if "withdrawn" not in record
        for name, version in pins
        if any(is_affected(each, version) for each in affected(record, name))
    )


def affected(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return what an advisory says of a package of PyPI."""
    packages = [(each, each.get("package", {})) for each in record.get("affected", [])]
    of_python = [(each, package["name"]) for each, package in packages if package.get("ecosystem") == "PyPI"]
    return [each for each, called in of_python if canonicalize_name(called) == name]


def is_affected(package: Mapping[str, Any], version: str) -> bool:
    """Tell whether a version is named, or lies in a range (the OSV schema, `affected[].ranges`)."""
    if version in package.get("versions", ()):
        return True
    ranges = [each for each in package.get("ranges", ()) if each["type"] == "ECOSYSTEM"]
    return any(lies_in(each["events"], version) for each in ranges)


def lies_in(events: Sequence[Mapping[str, str]], version: str) -> bool:
    """Tell whether a version lies between the events of a range, in their order."""
    here, inside = Version(version), False
    for event in events:
        kind, at = next(iter(event.items()))
        try:
            point = Version(at)
        except InvalidVersion:
            continue
        if kind == "introduced" and here >= point:
            inside = True
        elif (kind == "fixed" and here >= point) or (kind == "last_affected" and here > point):
            inside = False
    return inside


if __name__ == "__main__":
    sys.exit(main())
