"""What a version may be called."""

import re

import semver

from wxcloudrun.kit.texts import Text, text

VERSION_CHARACTERS = 128

_VERSION_NAME = re.compile(r"[!-.0-~]+")


def version_problem(name: str) -> Text | None:
    """Say why no version can have this name, None if one can: 1-128 printable ASCII, no space, no "/"."""
    if not name:
        return text("A version name must not be empty.")
    if len(name) > VERSION_CHARACTERS:
        return text("A version name has at most {limit} characters.", limit=VERSION_CHARACTERS)
    if not _VERSION_NAME.fullmatch(name):
        return text('A version name consists of printable ASCII characters without space and "/".')
    return None


def is_semver(name: str) -> bool:
    """Tell whether `name` is a version name that follows Semantic Versioning 2.0.0 to the letter."""
    return version_problem(name) is None and semver.Version.is_valid(name)
