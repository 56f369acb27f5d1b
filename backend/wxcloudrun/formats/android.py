"""Android packages: the versionName of an APK's binary manifest and of an app bundle's protobuf manifest.

The binary layout is that of ResourceTypes.h, the messages are those of Resources.proto, both of the Android
Open Source Project. Neither is XML text, so there are no entities to expand.
"""

import struct
from collections.abc import Iterator

from wxcloudrun.formats.bounded import BoundedReader, UnreadablePackage, unreadable
from wxcloudrun.formats.zip_formats import only_entry, opened_zip

APK_MANIFEST = "AndroidManifest.xml"
AAB_MANIFEST = "base/manifest/AndroidManifest.xml"
VERSION_NAME_ID = 0x0101021C
VERSION_NAME = "versionName"
ANDROID_NAMESPACE = "http://schemas.android.com/apk/res/android"

_CHUNK = struct.Struct("<2HL")
_POOL = struct.Struct("<5L")
_ELEMENT = struct.Struct("<2L3H")
_ATTRIBUTE = struct.Struct("<3LHBBL")
_POOL_TYPE, _FILE_TYPE, _ELEMENT_TYPE, _IDS_TYPE = 0x0001, 0x0003, 0x0102, 0x0180
_UTF8_FLAG = 0x100
_STRING_VALUE = 0x03
_NOTHING = 0xFFFFFFFF
_NODE_HEADER_BYTES = 16
# A version name has at most 128 characters; longer strings are of no use, and decoding them costs time.
_STRING_BYTES = 512


def apk_version(reader: BoundedReader) -> str | None:
    """Return android:versionName of an APK, unless it refers to a resource; raises UnreadablePackage."""
    with opened_zip(reader) as archive:
        manifest = only_entry(archive, APK_MANIFEST)
    with unreadable(struct.error, IndexError, ValueError):
        return _binary_version_name(manifest) if manifest else None


def aab_version(reader: BoundedReader) -> str | None:
    """Return android:versionName of an app bundle's base module; raises UnreadablePackage."""
    with opened_zip(reader) as archive:
        manifest = only_entry(archive, AAB_MANIFEST)
    with unreadable(IndexError, ValueError):
        return _protobuf_version_name(manifest) if manifest else None


def _binary_version_name(data: bytes) -> str | None:
    """Look at the attributes of the first element, which is the manifest itself."""
    kind, header_bytes, _ = _CHUNK.unpack_from(data)
    if kind != _FILE_TYPE:
        raise UnreadablePackage("no binary XML")
    strings: _Strings | None = None
    ids: tuple[int, ...] = ()
    for kind, start, end in _chunks(data, header_bytes):
        if kind == _POOL_TYPE and strings is None:
            strings = _Strings(data[start:end])
        elif kind == _IDS_TYPE:
            ids = struct.unpack_from(f"<{(end - start - _CHUNK.size) // 4}L", data, start + _CHUNK.size)
        elif kind == _ELEMENT_TYPE and strings is not None:
            return _version_attribute(data[start:end], strings, ids)
    return None


def _chunks(data: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    while start + _CHUNK.size <= len(data):
        kind, _, size_bytes = _CHUNK.unpack_from(data, start)
        if size_bytes < _CHUNK.size or start + size_bytes > len(data):
            raise UnreadablePackage("a chunk of the manifest is damaged")
        yield kind, start, start + size_bytes
        start += size_bytes


def _version_attribute(chunk: bytes, strings: "_Strings", ids: tuple[int, ...]) -> str | None:
    _, _, attributes_start, attribute_bytes, count = _ELEMENT.unpack_from(chunk, _NODE_HEADER_BYTES)
    first = _NODE_HEADER_BYTES + attributes_start
    if attribute_bytes < _ATTRIBUTE.size or count * attribute_bytes > len(chunk):
        raise UnreadablePackage("the attributes of the manifest are damaged")
    for number in range(count):
        place = first + number * attribute_bytes
        _, name, raw, _, _, value_type, value = _ATTRIBUTE.unpack_from(chunk, place)
        # Shrinkers may drop the names; the resource ids always stay.
        is_version = ids[name] == VERSION_NAME_ID if name < len(ids) else strings.at(name) == VERSION_NAME
        if is_version:
            index = value if value_type == _STRING_VALUE else raw
            return strings.at(index) if value_type == _STRING_VALUE or raw != _NOTHING else None
    return None


class _Strings:
    """The string pool of a binary XML file; strings are decoded only when asked for."""

    def __init__(self, chunk: bytes) -> None:
        self._chunk = chunk
        _, self._header_bytes, _ = _CHUNK.unpack_from(chunk)
        self._count, _, flags, self._start, _ = _POOL.unpack_from(chunk, _CHUNK.size)
        self._is_utf8 = bool(flags & _UTF8_FLAG)

    def at(self, index: int) -> str | None:
        """Return a string of at most _STRING_BYTES; None for longer ones and for an index outside."""
        if index >= self._count:
            return None
        (offset,) = struct.unpack_from("<L", self._chunk, self._header_bytes + 4 * index)
        place = self._start + offset
        place, size_bytes = self._utf8_length(place) if self._is_utf8 else self._utf16_length(place)
        if size_bytes > _STRING_BYTES:
            return None
        return self._chunk[place : place + size_bytes].decode("utf-8" if self._is_utf8 else "utf-16-le")

    def _utf8_length(self, place: int) -> tuple[int, int]:
        # The number of characters comes first; it is of no use here.
        place += 2 if self._chunk[place] & 0x80 else 1
        first = self._chunk[place]
        if first & 0x80:
            return place + 2, (first & 0x7F) << 8 | self._chunk[place + 1]
        return place + 1, first

    def _utf16_length(self, place: int) -> tuple[int, int]:
        (units,) = struct.unpack_from("<H", self._chunk, place)
        # A set high bit says that the length goes on in a second word: longer than anything of use here.
        return place + 2, 2 * units


_NODE_ELEMENT, _ELEMENT_ATTRIBUTE = 1, 4
_ATTRIBUTE_NAMESPACE, _ATTRIBUTE_NAME, _ATTRIBUTE_VALUE, _ATTRIBUTE_ID = 1, 2, 3, 5
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BYTES = 10


def _protobuf_version_name(data: bytes) -> str | None:
    element = next((value for number, value in _fields(data) if number == _NODE_ELEMENT), None)
    if not isinstance(element, bytes):
        return None
    for number, value in _fields(element):
        if number == _ELEMENT_ATTRIBUTE and isinstance(value, bytes):
            attribute = dict(_fields(value))
            if _is_version_name(attribute):
                version = attribute.get(_ATTRIBUTE_VALUE)
                return version.decode("utf-8") if isinstance(version, bytes) else None
    return None


def _is_version_name(attribute: dict[int, int | bytes]) -> bool:
    if _ATTRIBUTE_ID in attribute:
        return attribute[_ATTRIBUTE_ID] == VERSION_NAME_ID
    name, namespace = attribute.get(_ATTRIBUTE_NAME), attribute.get(_ATTRIBUTE_NAMESPACE)
    return name == VERSION_NAME.encode() and namespace == ANDROID_NAMESPACE.encode()


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the number and the value of each field of one protobuf message, without descending."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire_type == _BYTES:
            size_bytes, place = _varint(message, place)
        elif wire_type in _FIXED_BYTES:
            size_bytes = _FIXED_BYTES[wire_type]
        else:
            raise UnreadablePackage("an unknown protobuf wire type")
        if size_bytes > len(message) - place:
            raise UnreadablePackage("a protobuf field is cut off")
        yield number, message[place : place + size_bytes]
        place += size_bytes


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for position in range(_VARINT_BYTES):
        byte = message[place + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return value, place + position + 1
    raise UnreadablePackage("a protobuf number is too long")
