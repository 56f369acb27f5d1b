"""RPM packages (format version 3 and 4): lead, signature header, header; VERSION and RELEASE tags."""

import struct

from wxcloudrun.kit.package_formats.bounded import BoundedReader, UnreadablePackage

INDEX_ENTRIES = 4_096
VALUE_BYTES = 256
_LEAD_BYTES = 96
_LEAD_MAGIC = b"\xed\xab\xee\xdb"
_HEADER = struct.Struct(">4s4x2L")
_HEADER_MAGIC = b"\x8e\xad\xe8\x01"
_INDEX_ENTRY = struct.Struct(">4L")
_STRING = 6
_VERSION, _RELEASE = 1001, 1002


def rpm_version(reader: BoundedReader) -> str | None:
    """Return `version-release` (only `version` without a release; no epoch); raises UnreadablePackage."""
    if not reader.exactly(_LEAD_BYTES).startswith(_LEAD_MAGIC):
        raise UnreadablePackage("no rpm lead")
    entries, store_bytes = _header(reader)
    after_signature = reader.tell() + entries * _INDEX_ENTRY.size + store_bytes
    reader.seek(after_signature + -after_signature % 8)
    version, release = _strings(reader, _VERSION, _RELEASE)
    return f"{version}-{release}" if version and release else version


def _header(reader: BoundedReader) -> tuple[int, int]:
    """Return the number of index entries and the size of the store behind them, in bytes."""
    magic, entries, store_bytes = _HEADER.unpack(reader.exactly(_HEADER.size))
    if magic != _HEADER_MAGIC or entries > INDEX_ENTRIES:
        raise UnreadablePackage("an rpm header is damaged or too large")
    return entries, store_bytes


def _strings(reader: BoundedReader, *tags: int) -> list[str | None]:
    entries, store_bytes = _header(reader)
    index = _INDEX_ENTRY.iter_unpack(reader.exactly(entries * _INDEX_ENTRY.size))
    store = reader.tell()
    offsets = {tag: offset for tag, kind, offset, _ in index if kind == _STRING and tag in tags}
    return [_string(reader, store, store_bytes, offsets.get(tag)) for tag in tags]


def _string(reader: BoundedReader, store: int, store_bytes: int, offset: int | None) -> str | None:
    if offset is None:
        return None
    if offset >= store_bytes:
        raise UnreadablePackage("an rpm tag points outside its header")
    reader.seek(store + offset)
    value, end, _ = reader.read(min(VALUE_BYTES, store_bytes - offset)).partition(b"\0")
    if not end:
        raise UnreadablePackage("an rpm tag has no end")
    return value.decode("latin-1")
