"""Names of Python's distributions: what a file name, a name of a project and a version say."""

import re
from dataclasses import dataclass

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


def is_distribution_name(filename: str) -> bool:
    """Tell whether a file is called like a wheel or a source distribution."""
    return filename.lower().endswith(PYTHON_ENDINGS)


def parse_file_name(filename: str) -> DistributionFile:
    """Read the name of a wheel or a source distribution. WrongValue says what is wrong with it."""
    if not is_distribution_name(filename):
        raise WrongValue(text("a file is a wheel (.whl) or a source distribution (.tar.gz, .zip)"))
    try:
        if filename.lower().endswith(WHEEL):
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
