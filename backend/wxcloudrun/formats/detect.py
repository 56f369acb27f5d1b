"""Finds the version of an uploaded file: what the package says about itself, and what its name says."""

import logging
import re
import time
from collections.abc import Callable
from typing import BinaryIO

from wxcloudrun.formats.android import aab_version, apk_version
from wxcloudrun.formats.bounded import BoundedReader, Deadline, Monotonic, UnreadablePackage
from wxcloudrun.formats.debian import deb_version
from wxcloudrun.formats.filenames import version_in_filename
from wxcloudrun.formats.placeholders import stated
from wxcloudrun.formats.rpm import rpm_version
from wxcloudrun.formats.tar_formats import tar_gz_version, tgz_version
from wxcloudrun.formats.zip_formats import java_version, wheel_version, zip_version
from wxcloudrun.kit.errors import AppError

__all__ = ["declared_version", "version_in_filename"]

type FormatReader = Callable[[BoundedReader], str | None]

_FORMATS: dict[str, FormatReader] = {
    ".whl": wheel_version,
    ".tar.gz": tar_gz_version,
    ".tgz": tgz_version,
    ".zip": zip_version,
    ".jar": java_version,
    ".war": java_version,
    ".ear": java_version,
    ".deb": deb_version,
    ".rpm": rpm_version,
    ".apk": apk_version,
    ".aab": aab_version,
}
_LEGAL_VERSION = re.compile(r"[!-.0-~]{1,128}")

logger = logging.getLogger(__name__)


def may_declare(filename: str) -> bool:
    """Tell whether a file that is called so may declare a version, so that it is worth opening."""
    return reader_of(filename) is not None


def reader_of(filename: str) -> FormatReader | None:
    """Return what reads the version of a package that is called so."""
    lowered = filename.lower()
    return next((read for ending, read in _FORMATS.items() if lowered.endswith(ending)), None)


def declared_version(
    filename: str, blob: BinaryIO, size_bytes: int, monotonic: Monotonic = time.monotonic
) -> str | None:
    """Return the version that the package in `blob` declares, or None if it declares none that is legal.

    A placeholder (`unspecified`, `${project.version}`) declares none.

    The ending of `filename` chooses the format. Reading is bounded in bytes, entries, depth and time (see
    `bounded`): the content is foreign, and an upload never fails because of it. Only what the store
    itself raises passes through.
    """
    read_format = reader_of(filename)
    if read_format is None:
        return None
    try:
        version = stated(read_format(BoundedReader(blob, size_bytes, Deadline(monotonic))))
    except UnreadablePackage as problem:
        logger.debug("no version was read from the package: %s", problem)
        return None
    except AppError:
        raise  # the store is down: the client shall send again, not be left with an upload without version
    except Exception:
        # The last fence: a mistake in a parser costs the version and not the upload.
        logger.exception("reading the version of a package failed in an unforeseen way")
        return None
    return version if version is not None and _LEGAL_VERSION.fullmatch(version) else None
