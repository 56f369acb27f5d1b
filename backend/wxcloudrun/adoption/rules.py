"""Where a file belongs in a package of PyPI's or npm's format, by what it says of itself; or why nowhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wxcloudrun.formats.declarations import NPM_ENDINGS, PYTHON_ENDINGS, Declaration
from wxcloudrun.formats.distributions import parse_file_name, parse_version
from wxcloudrun.formats.npm_tarballs import is_npm_version, tarball_name
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.package_names import Format, PackageName
from wxcloudrun.uploads.rules import check_file_name
from wxcloudrun.versions.rules.names import check_version

ENDINGS = {Format.PYPI: PYTHON_ENDINGS, Format.NPM: NPM_ENDINGS}
REPORTED_CHARACTERS = 24_000  # of JSON about files that were left out; the rest is only counted


class LeftOut(Exception):
    """A file is not adopted; `reason` is a slug, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Spot:
    """A version and a file name."""

    version: str
    filename: str


def listed(endings: Sequence[str]) -> str:
    """Return endings as a sentence names them."""
    return " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))


def refuse_ending(wanted: Format, filename: str) -> None:
    """Raise LeftOut for a file that is no package of that format, as its name tells."""
    endings = ENDINGS[wanted]
    if not filename.lower().endswith(endings):
        raise LeftOut("other_kind", f"its name does not end in {listed(endings)}")


def spot_of_distribution(target: PackageName, filename: str, declared: Declaration) -> Spot:
    """Return where a wheel or source distribution belongs. Raises LeftOut."""
    refuse_other_name(target, declared)
    written = declared.version.strip()
    refuse_version(written)  # before it is read: a number of thousands of digits is none to Python
    try:
        version = parse_version(written)
    except WrongValue:
        raise LeftOut("bad_version", f"its version {declared.version!r} does not follow PEP 440") from None
    try:
        file = parse_file_name(filename)
    except WrongValue:
        raise LeftOut(
            "bad_filename", "its file name is not made of name and version, as pip reads it"
        ) from None
    if file.project != target.name or file.version != version:
        said = f"{file.project} {file.version}"
        message = f"its file name says {said}, and inside stands {declared.name} {declared.version}"
        raise LeftOut("contradiction", message)
    return Spot(written, filename)


def spot_of_npm_package(target: PackageName, declared: Declaration) -> Spot:
    """Return where a tarball belongs, under the name that npm gives it. Raises LeftOut."""
    refuse_other_name(target, declared)
    version = declared.version.partition("+")[0]  # as npm does
    if not is_npm_version(version):
        raise LeftOut("bad_version", f"its version {declared.version!r} does not follow SemVer 2.0.0")
    refuse_version(version)
    filename = tarball_name(target.name, version)
    try:
        check_file_name(filename)
    except WrongValue as problem:
        sentence = f"it would be called {filename}, and a file name {problem}"
        raise LeftOut("bad_filename", sentence) from None
    return Spot(version, filename)


def refuse_other_name(target: PackageName, declared: Declaration) -> None:
    """Raise LeftOut unless a file says that it belongs to this package."""
    try:
        own = PackageName.native(target.format, declared.name)
    except WrongValue as problem:
        raise LeftOut("other_name", f"it is called {declared.name[:214]!r} inside: {problem}") from None
    if own != target:
        raise LeftOut("other_name", f"it is called {own.given} inside, so it belongs in {own.written}")


def refuse_version(version: str) -> None:
    """Raise LeftOut if no version can be called so."""
    try:
        check_version(version)
    except WrongValue as problem:
        raise LeftOut("bad_version", str(problem)) from None


@dataclass(slots=True)
class Report:
    """What became of the files, as the job keeps it."""

    adopted: int = 0
    present: int = 0
    left_out: int = 0
    files: list[dict[str, str]] = field(default_factory=list)
    more: bool = False
    _characters: int = 0

    def leave_out(self, filename: str, digest: str, why: LeftOut) -> None:
        """Count a file that is not adopted, and name it while there is room."""
        self.left_out += 1
        entry = {"filename": filename, "artifact_id": digest, "reason": why.reason, "message": str(why)}
        self._characters += len(json.dumps(entry))
        if self._characters > REPORTED_CHARACTERS:
            self.more = True
        else:
            self.files.append(entry)

    def counts(self) -> dict[str, int]:
        """Return the figures."""
        return {"adopted": self.adopted, "present": self.present, "left_out": self.left_out}

    def whole(self) -> dict[str, Any]:
        """Return all of it."""
        return {**self.counts(), "files": self.files, "more": self.more}
