"""Wheels (PEP 427), zipped source distributions and Java archives; and safe access to zip entries."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from wxcloudrun.formats.bounded import (
    METADATA_BYTES,
    ZIP_DIRECTORY_BYTES,
    ZIP_ENTRIES,
    BoundedReader,
    UnreadablePackage,
    unreadable,
)
from wxcloudrun.formats.metadata_texts import header_fields, property_value
from wxcloudrun.formats.placeholders import stated
from wxcloudrun.formats.zip_layout import refuse_hidden_bytes

MANIFEST = "META-INF/MANIFEST.MF"
MAVEN_FOLDER, MAVEN_PROPERTIES = "META-INF/maven/", "/pom.properties"
_IMPLEMENTATION, _BUNDLE = "implementation-version", "bundle-version"
_DEPTH_OF_METADATA = 2
_END_RECORD = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_END64_LOCATOR_BYTES = 20
_END64_LOCATOR_SIGNATURE = b"PK\x06\x07"
_COMMENT_BYTES = 1 << 16
_ENCRYPTED = 0x1
_MALFORMED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,  # names that are no UTF-8
    NotImplementedError,  # features of later versions of the format
    OverflowError,
)


@contextmanager
def opened_zip(reader: BoundedReader) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose central directory is small enough; raises UnreadablePackage.

    Zip64 is refused: it exists for more entries or bytes than are read here anyway.
    """
    _check_directory(reader)
    with unreadable(*_MALFORMED):
        archive = zipfile.ZipFile(reader)
    with archive:
        if len(archive.filelist) > ZIP_ENTRIES:
            raise UnreadablePackage("the zip has too many entries")
        yield archive


def entry_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of one entry; raise UnreadablePackage past METADATA_BYTES or if it is encrypted."""
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadablePackage("the metadata is encrypted or compressed in a rare way")
    if entry.file_size > METADATA_BYTES:
        raise UnreadablePackage("the metadata is too large")
    with unreadable(*_MALFORMED), archive.open(entry) as content:
        return content.read(METADATA_BYTES + 1)


def only_entry(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """Return the content of the entry called `name`, or None if there is none or there are several."""
    found = [entry for entry in archive.filelist if entry.filename == name]
    return entry_bytes(archive, found[0]) if len(found) == 1 else None


def wheel_version(reader: BoundedReader) -> str | None:
    """Read `<name>.dist-info/METADATA`."""
    return _core_metadata_version(reader, ".dist-info/METADATA")


def zip_version(reader: BoundedReader) -> str | None:
    """Read `<folder>/PKG-INFO`."""
    return _core_metadata_version(reader, "/PKG-INFO")


def java_version(reader: BoundedReader) -> str | None:
    """Read Implementation-Version of the manifest's main section, else what Maven notes, else Bundle-Version.

    OSGi allows no hyphen in Bundle-Version, so 33.3.0-jre is 33.3.0.jre there. Archives that were merged from
    several have notes of each; then Maven's say nothing.
    """
    with opened_zip(reader) as archive:
        manifest = header_fields(only_entry(archive, MANIFEST) or b"", _IMPLEMENTATION, _BUNDLE, unfold=True)
        version = stated(manifest.get(_IMPLEMENTATION)) or stated(_maven_version(archive))
    return version or manifest.get(_BUNDLE)


def _maven_version(archive: zipfile.ZipFile) -> str | None:
    found = [
        entry
        for entry in archive.filelist
        if entry.filename.startswith(MAVEN_FOLDER) and entry.filename.endswith(MAVEN_PROPERTIES)
    ]
    return property_value(entry_bytes(archive, found[0]), "version") if len(found) == 1 else None


def _core_metadata_version(reader: BoundedReader, ending: str) -> str | None:
    return header_fields(core_metadata(reader, ending) or b"", "version").get("version")


def core_metadata(reader: BoundedReader, ending: str) -> bytes | None:
    """Return the only file below a top folder whose path ends so; None if there is none or are several."""
    with opened_zip(reader) as archive:
        found = paths_ending(archive, ending)
        return only_entry(archive, found[0]) if len(found) == 1 else None


def sound_core_metadata(reader: BoundedReader, ending: str) -> tuple[str, bytes]:
    """Return the same with its path, of a zip that hides nothing; nothing if there is none or are several."""
    with opened_zip(reader) as archive:
        refuse_hidden_bytes(archive, reader)
        found = paths_ending(archive, ending)
        content = only_entry(archive, found[0]) if len(found) == 1 else None
        return ("", b"") if content is None else (found[0], content)


def paths_ending(archive: zipfile.ZipFile, ending: str) -> list[str]:
    """Return the paths of files below a top folder that end so."""
    return [
        entry.filename
        for entry in archive.filelist
        if entry.filename.endswith(ending) and len(entry.filename.split("/")) == _DEPTH_OF_METADATA
    ]


def _check_directory(reader: BoundedReader) -> None:
    """Refuse what zipfile would read whole, by the end record that zipfile is going to find."""
    longest = _END_RECORD.size + _COMMENT_BYTES
    start = max(0, reader.size_bytes - longest - _END64_LOCATOR_BYTES)
    reader.seek(start)
    tail = reader.read()
    end = len(tail) - _END_RECORD.size
    if end < 0:
        raise UnreadablePackage("too short for a zip")
    if not (tail.startswith(_END_SIGNATURE, end) and tail.endswith(b"\0\0")):
        end = tail.rfind(_END_SIGNATURE, max(0, len(tail) - longest))
    if end < 0 or end + _END_RECORD.size > len(tail):
        raise UnreadablePackage("no zip")
    if tail.startswith(_END64_LOCATOR_SIGNATURE, max(0, end - _END64_LOCATOR_BYTES)):
        raise UnreadablePackage("zip64 is not read")
    _, _, _, _, entries, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, end)
    if entries > ZIP_ENTRIES or directory_bytes > ZIP_DIRECTORY_BYTES:
        raise UnreadablePackage("the central directory is too large")
