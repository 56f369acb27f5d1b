"""What a version may be called."""

import re

import semver

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text

VERSION_CHARACTERS = 128

_VERSION_NAME = re.compile(r"[!-.0-~]+")


def check_version(name: str) -> str:
    """Return `name`; WrongValue unless it is 1-128 printable ASCII characters without space and "/"."""
    if not name:
        raise WrongValue(text("A version name must not be empty."))
    if len(name) > VERSION_CHARACTERS:
        raise WrongValue(text("A version name has at most {limit} characters.", limit=VERSION_CHARACTERS))
    if not _VERSION_NAME.fullmatch(name):
        raise WrongValue(text('A version name consists of printable ASCII characters without space and "/".'))
    return name


def is_version(name: str) -> bool:
    """Tell whether a version can have this name."""
    return len(name) <= VERSION_CHARACTERS and _VERSION_NAME.fullmatch(name) is not None


def is_semver(name: str) -> bool:
    """Tell whether `name` is a version name that follows Semantic Versioning 2.0.0 to the letter."""
    return is_version(name) and semver.Version.is_valid(name)
