"""What PyPI's protocols say about names of projects, versions and files, and about forms of a page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from wxcloudrun.formats.declarations import PYTHON_ENDINGS, WHEEL
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text

API_VERSION = "1.4"
METADATA_ENDING = ".metadata"
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
# Of equal wishes the first is answered; `latest` is a wish, and the answer says what it is.
ANSWERED = {
    JSON_TYPE: JSON_TYPE,
    "application/vnd.pypi.simple.latest+json": JSON_TYPE,
    HTML_TYPE: HTML_TYPE,
    "application/vnd.pypi.simple.latest+html": HTML_TYPE,
    PLAIN_HTML: PLAIN_HTML,
}
ANYTHING = ("*/*", "text/*")
RUNS = re.compile(r"[-_.]+")
MOST_VERSION_CHARACTERS = 128
KNOWN_VERSIONS = 65_536


@dataclass(frozen=True, slots=True)
class DistributionFile:
    """What the name of a file says: of which project it is, normalised, and of which version."""

    filename: str
    project: str
    version: Version

    @property
    def is_wheel(self) -> bool:
        """True for what pip installs as it is."""
        return self.filename.lower().endswith(WHEEL)


def parse_file_name(filename: str) -> DistributionFile:
    """Read the name of a wheel or a source distribution. WrongValue says what is wrong with it."""
    lowered = filename.lower()
    if not lowered.endswith(PYTHON_ENDINGS):
        raise WrongValue(text("a file is a wheel (.whl) or a source distribution (.tar.gz, .zip)"))
    try:
        if lowered.endswith(WHEEL):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion, ValueError) as problem:
        raise WrongValue(text("the file name is not made of name and version as pip reads it")) from problem
    return DistributionFile(filename, name, version)


def parse_version(written: str) -> Version:
    """Read a version. WrongValue if it does not follow PEP 440."""
    try:
        if len(written) > MOST_VERSION_CHARACTERS:  # a number of thousands of digits is none to Python
            raise InvalidVersion(written)
        return Version(written)
    except (InvalidVersion, ValueError) as problem:
        raise WrongValue(text("the version does not follow PEP 440")) from problem


def normalised(name: str) -> str:
    """Return the one spelling of a project's name (PEP 503)."""
    return RUNS.sub("-", name).lower()


def canonical(version: str) -> str:
    """Return what versions have in common that are one: `1.0` and `1.0.0`; what is none stays as it is."""
    return canonicalize_version(version)


@lru_cache(KNOWN_VERSIONS)
def shown_version(version: str) -> str:
    """Return a version in its normal form; what is none stays as it is."""
    try:
        return str(parse_version(version))
    except WrongValue:
        return version


def is_distribution(project: str, filename: str) -> bool:
    """Tell, quickly, whether a file can be one of this project: clients judge the rest of the name."""
    spelled = filename.lower()
    return spelled.endswith(PYTHON_ENDINGS) and normalised(spelled).startswith(f"{project}-")


def chosen_form(wishes: Iterable[tuple[str, float]], named: str | None) -> str | None:
    """Return in which form a page is answered; None if the client takes none of them.

    The form that is named in the URL goes before wishes. Who takes anything gets HTML: it is a browser, or
    a tool from before there was anything else.
    """
    if named is not None:
        return ANSWERED.get(named)
    weights = {kind.lower(): weight for kind, weight in wishes}
    if not weights:
        return PLAIN_HTML
    weights.setdefault(PLAIN_HTML, max(weights.get(anything, 0.0) for anything in ANYTHING))
    best = max(ANSWERED, key=lambda kind: weights.get(kind, 0.0))
    return ANSWERED[best] if weights.get(best, 0.0) > 0 else None
