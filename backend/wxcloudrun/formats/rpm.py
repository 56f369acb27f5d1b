"""RPM packages (format version 3 and 4): lead, signature header, header; EPOCH, VERSION and RELEASE tags."""

import struct

from wxcloudrun.formats.bounded import BoundedReader, UnreadablePackage

INDEX_ENTRIES = 4_096
VALUE_BYTES = 256
_LEAD_BYTES = 96
_LEAD_MAGIC = b"\xed\xab\xee\xdb"
_HEADER = struct.Struct(">4s4x2L")
_HEADER_MAGIC = b"\x8e\xad\xe8\x01"
_INDEX_ENTRY = struct.Struct(">4L")
_INTEGER, _STRING = 4, 6
_VERSION, _RELEASE, _EPOCH = 1001, 1002, 1003
_EPOCH_BYTES = 4


def rpm_version(reader: BoundedReader) -> str | None:
    """Return `epoch:version-release` without what is not there; raises UnreadablePackage.

    An epoch of 0 is left out, as it means the same as none.
    """
    if not reader.exactly(_LEAD_BYTES).startswith(_LEAD_MAGIC):
        raise UnreadablePackage("no rpm lead")
    entries, store_bytes = _header(reader)
    after_signature = reader.tell() + entries * _INDEX_ENTRY.size + store_bytes
    reader.seek(after_signature + -after_signature % 8)
    tags = _Tags(reader)
    version, release, epoch = tags.string(_VERSION), tags.string(_RELEASE), tags.integer(_EPOCH)
    if not version:
        return None
    return f"{f'{epoch}:' if epoch else ''}{version}{f'-{release}' if release else ''}"


def _header(reader: BoundedReader) -> tuple[int, int]:
    """Return the number of index entries and the size of the store behind them, in bytes."""
    magic, entries, store_bytes = _HEADER.unpack(reader.exactly(_HEADER.size))
    if magic != _HEADER_MAGIC or entries > INDEX_ENTRIES:
        raise UnreadablePackage("an rpm header is damaged or too large")
    return entries, store_bytes


class _Tags:
    """The tags of a header, whose values are read when they are asked for."""

    def __init__(self, reader: BoundedReader) -> None:
        entries, self._store_bytes = _header(reader)
        index = _INDEX_ENTRY.iter_unpack(reader.exactly(entries * _INDEX_ENTRY.size))
        self._offsets = {(tag, kind): offset for tag, kind, offset, _ in index}
        self._reader = reader
        self._store = reader.tell()

    def string(self, tag: int) -> str | None:
        """Return a value of text; None if the package has no such tag."""
        data = self._value(tag, _STRING, VALUE_BYTES)
        if data is None:
            return None
        value, end, _ = data.partition(b"\0")
        if not end:
            raise UnreadablePackage("an rpm tag has no end")
        return value.decode("latin-1")

    def integer(self, tag: int) -> int | None:
        """Return a number; None if the package has no such tag."""
        data = self._value(tag, _INTEGER, _EPOCH_BYTES)
        return None if data is None else int.from_bytes(data, "big")

    def _value(self, tag: int, kind: int, size_bytes: int) -> bytes | None:
        offset = self._offsets.get((tag, kind))
        if offset is None:
            return None
        if offset >= self._store_bytes:
            raise UnreadablePackage("an rpm tag points outside its header")
        self._reader.seek(self._store + offset)
        return self._reader.read(min(size_bytes, self._store_bytes - offset))
