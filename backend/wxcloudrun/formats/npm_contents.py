"""The package.json of a tarball as those who unpack it find it.

They take the first folder of each path away, whatever it is called, and of two files with one path the last
one stays. So a tarball is read to its end, and what could be unpacked in two ways is none.
"""

from collections.abc import Iterator, Mapping

from wxcloudrun.formats.bounded import BoundedReader, UnreadablePackage
from wxcloudrun.formats.compression import STEP_BYTES, Decompressed, gunzipped
from wxcloudrun.formats.tar_entries import EXTENDED, GNU_LONG_NAME, TarEntries, TarEntry

PACKAGE_JSON = b"package.json"
MOST_TAR_BYTES = 2 * 1024**3
MOST_ENTRIES = 200_000  # packages of icons have tens of thousands


def package_json(reader: BoundedReader, most_bytes: int = MOST_TAR_BYTES) -> bytes | None:
    """Return the package.json of a gzipped tar, None if there is none. Raises UnreadablePackage for two."""
    stream = gunzipped(reader, reader.deadline)
    stream.allow(most_bytes)
    entries = TarEntries(stream, MOST_ENTRIES)
    found: bytes | None = None
    for entry in renamed(entries):
        if not is_package_json(entry.path):
            continue
        if found is not None or not entry.is_file:
            raise UnreadablePackage("package.json stands in it more than once, or is no file")
        found = entries.content()
    if entries.is_cut:
        raise UnreadablePackage("it has too many entries")
    refuse_more(stream)
    return found


def renamed(entries: TarEntries) -> Iterator[TarEntry]:
    """Yield the entries under the names that headers before them give them, as unpackers do."""
    name: bytes | None = None
    for kind, entry in entries.headers():
        if kind == GNU_LONG_NAME:
            name = entries.content().partition(b"\0")[0]
        elif kind in EXTENDED:
            said = pax_records(entries.content())
            if b"size" in said or (b"path" in said and kind != b"x"):
                raise UnreadablePackage("an extended header in it moves files")
            name = said.get(b"path", name)
        elif kind != b"K":
            yield entry if name is None else TarEntry(name, entry.size_bytes, entry.is_file)
            name = None


def pax_records(written: bytes) -> Mapping[bytes, bytes]:
    """Read `LENGTH KEY=VALUE` and a line's end, again and again (POSIX.1-2001)."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(written):
        length, blank, _ = written[position : position + 8].partition(b" ")
        if not (blank and length.isdigit() and len(length) < int(length) <= len(written) - position):
            raise UnreadablePackage("an extended header in it is damaged")
        record = written[position + len(length) + 1 : position + int(length)]
        key, _, value = record.partition(b"=")
        records[key] = value.removesuffix(b"\n")
        position += int(length)
    return records


def is_package_json(path: bytes) -> bool:
    """Tell whether some client would unpack an entry as the package.json of the package."""
    parts = path.replace(b"\\", b"/").lower().split(b"/")
    if parts[-1] == PACKAGE_JSON and b".." in parts:
        raise UnreadablePackage("a path in it leaves its folder")
    below = [part for part in parts[1:] if part not in (b"", b".")]
    named = [part for part in parts if part not in (b"", b".")]
    return below == [PACKAGE_JSON] or named[1:] == [PACKAGE_JSON]


def refuse_more(stream: Decompressed) -> None:
    """Raise UnreadablePackage for anything behind the end: some programs stop there, others read on."""
    while block := stream.up_to(STEP_BYTES):
        if block.strip(b"\0"):
            raise UnreadablePackage("something stands behind its end")
