"""What npm calls tarballs, and which versions it can read."""

import semver

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text

TARBALL = ".tgz"
MOST_NUMBER = 2**53 - 1  # beyond that JavaScript cannot count, and npm reads no version


def tarball_name(name: str, version: str) -> str:
    """Return what the tarball of a version is called in addresses: without the scope."""
    return f"{name.rpartition('/')[2]}-{version}{TARBALL}"


def version_of_tarball(name: str, filename: str) -> str | None:
    """Return of which version a tarball is by its name; None if it is none of this package."""
    begin = f"{name.rpartition('/')[2]}-"
    if not (filename.startswith(begin) and filename.endswith(TARBALL)):
        return None
    version = filename[len(begin) : -len(TARBALL)]
    return version if semver.Version.is_valid(version) else None


def is_npm_version(version: str) -> bool:
    """Tell whether npm reads a version, and writes it so."""
    if "+" in version or not semver.Version.is_valid(version):
        return False
    numbers = version.partition("-")[0].split(".")
    return all(len(each) <= len(str(MOST_NUMBER)) and int(each) <= MOST_NUMBER for each in numbers)


def check_npm_version(version: str) -> str:
    """Return `version`; WrongValue for one that npm would not read, or would write otherwise."""
    if not is_npm_version(version):
        raise WrongValue(text("write a version as npm does: 1.2.3 or 1.2.3-beta.1, without build metadata"))
    return version
