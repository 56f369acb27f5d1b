"""What packages say of themselves: their name beside their version, of PyPI's and npm's formats."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from wxcloudrun.formats.bounded import (
    TAR_BYTES,
    BoundedReader,
    Deadline,
    Monotonic,
    UnreadablePackage,
)
from wxcloudrun.formats.metadata_texts import header_fields
from wxcloudrun.formats.npm_contents import package_json
from wxcloudrun.formats.npm_manifest import NpmManifest, read_npm_manifest
from wxcloudrun.formats.tar_formats import top_file
from wxcloudrun.formats.zip_formats import sound_core_metadata
from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.package_names import RUNS

WHEEL, ZIPPED, GZIPPED, NPM_ENDINGS = ".whl", ".zip", ".tar.gz", (".tgz", ".tar.gz")
DIST_INFO = ".dist-info"
DISTRIBUTION_SECONDS = 10.0  # of a store that many read at once; nothing is accepted without it
TARBALL_SECONDS = 30.0  # it is read as a whole
PYTHON_ENDINGS = (WHEEL, GZIPPED, ZIPPED)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a package says that it is, as it is written in it."""

    name: str
    version: str


def distribution_metadata(
    filename: str, blob: BinaryIO, size_bytes: int, monotonic: Monotonic = time.monotonic
) -> bytes:
    """Return the core metadata of a wheel (PEP 427) or source distribution (PEP 625, or zipped) as written.

    Nothing is returned if there are none.

    Reading is bounded as in `detect`, but for the time. Raises UnreadablePackage, and what the store raises.
    """
    with foreign():
        reader = BoundedReader(blob, size_bytes, Deadline(monotonic, DISTRIBUTION_SECONDS))
        lowered = filename.lower()
        if lowered.endswith(WHEEL):
            path, metadata = sound_core_metadata(reader, f"{DIST_INFO}/METADATA")
            refuse_foreign_folder(path, metadata)
            return metadata
        if lowered.endswith(ZIPPED):
            return sound_core_metadata(reader, "/PKG-INFO")[1]
        return top_file(reader, b"PKG-INFO", TAR_BYTES) or b""


def refuse_foreign_folder(path: str, metadata: bytes) -> None:
    """Raise UnreadablePackage for a wheel whose metadata stand in another project's folder, as pip does."""
    folder = path.partition(DIST_INFO)[0].rpartition("-")[0]
    named = header_fields(metadata, "name").get("name", "")
    if named and RUNS.sub("-", folder).lower() != RUNS.sub("-", named).lower():
        raise UnreadablePackage("its metadata stand in the folder of another project")


def npm_manifest(blob: BinaryIO, size_bytes: int, monotonic: Monotonic = time.monotonic) -> NpmManifest:
    """Read the package.json of what `npm pack` makes, and see that it is the only one, up to the end.

    Raises as `distribution_metadata` does.
    """
    with foreign():
        reader = BoundedReader(blob, size_bytes, Deadline(monotonic, TARBALL_SECONDS))
        reader.allow(size_bytes)
        return read_npm_manifest(package_json(reader) or b"{}")


def complete(fields: Mapping[str, str]) -> Declaration:
    """Return what was read. Raises UnreadablePackage if something is missing."""
    name, version = fields.get("name", ""), fields.get("version", "")
    if not (name and version):
        raise UnreadablePackage("it does not say its name and version")
    return Declaration(name, version)


@contextmanager
def foreign() -> Iterator[None]:
    """Let a mistake in a parser be a package that cannot be read."""
    try:
        yield
    except (UnreadablePackage, AppError):
        raise
    except Exception as error:
        logger.exception("reading a package failed in an unforeseen way")
        raise UnreadablePackage("it cannot be read") from error
