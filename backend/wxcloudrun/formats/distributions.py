"""Names of Python's distributions: what a file name, a name of a project and a version say."""

import math
import re
from collections.abc import Hashable
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

RUNS = re.compile(r"[-_.]+")
MOST_VERSION_CHARACTERS = 128
# What names of projects, versions (PEP 440) and tags (PEP 425) are made of. `packaging` strips blanks, and
# takes letters of every script, of which some become ASCII when they are made small.
FILE_NAME = re.compile(r"[A-Za-z0-9._+!-]{1,255}")
# A wheel is for each of its interpreters with each ABI on each platform, and `packaging` makes all of them.
MOST_COMBINATIONS = 1000
KNOWN_VERSIONS = 65_536


@dataclass(frozen=True, slots=True)
class DistributionFile:
    """What the name of a file says: of which project it is, normalised, and of which version."""

    filename: str
    project: str
    version: Version
    kind: Hashable  # which of the files of a version: another spelling of a name is of the same kind

    @property
    def is_wheel(self) -> bool:
        """True for what pip installs as it is."""
        return self.filename.lower().endswith(WHEEL)


def is_distribution_name(filename: str) -> bool:
    """Tell whether a file is called like a wheel or a source distribution."""
    return filename.lower().endswith(PYTHON_ENDINGS)


def parse_file_name(filename: str) -> DistributionFile:
    """Read the name of a wheel or a source distribution. WrongValue says what is wrong with it."""
    if not is_distribution_name(filename):
        raise WrongValue(text("a file is a wheel (.whl) or a source distribution (.tar.gz, .zip)"))
    try:
        if not FILE_NAME.fullmatch(filename):
            raise InvalidSdistFilename(filename)
        if filename.lower().endswith(WHEEL):
            refuse_combinations(filename)
            name, version, build, tags = parse_wheel_filename(filename)
            kind: Hashable = (build, tags)
        else:
            name, version = parse_sdist_filename(filename)
            kind = filename.rpartition(".")[2]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion, ValueError) as problem:
        raise WrongValue(text("the file name is not made of name and version as pip reads it")) from problem
    return DistributionFile(filename, name, version, kind)


def refuse_combinations(filename: str) -> None:
    """Raise InvalidWheelFilename for a wheel that is for more than any builder makes one for."""
    tags = filename.removesuffix(WHEEL).split("-")[-3:]
    if math.prod(1 + tag.count(".") for tag in tags) > MOST_COMBINATIONS:
        raise InvalidWheelFilename(filename)


def parse_version(written: str) -> Version:
    """Read a version. WrongValue if it does not follow PEP 440."""
    try:
        if len(written) > MOST_VERSION_CHARACTERS:  # a number of thousands of digits is none to Python
            raise InvalidVersion(written)
        return Version(written)
    except (InvalidVersion, ValueError) as problem:
        raise WrongValue(text("the version does not follow PEP 440")) from problem


def is_other_spelling(filename: str, other: str) -> bool:
    """Tell whether two names are different and mean one file of one version to installers."""
    if filename == other:
        return False
    try:
        one, two = parse_file_name(filename), parse_file_name(other)
    except WrongValue:
        return False
    return (one.project, one.version, one.kind) == (two.project, two.version, two.kind)


def normalised(name: str) -> str:
    """Return the one spelling of a project's name (PEP 503)."""
    return RUNS.sub("-", name).lower()


@lru_cache(KNOWN_VERSIONS)
def canonical(version: str) -> str:
    """Return what versions have in common that are one: `1.0` and `1.0.0`; what is none stays as it is."""
    return canonicalize_version(version)
