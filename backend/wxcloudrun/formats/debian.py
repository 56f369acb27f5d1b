"""Debian packages (deb(5)): an ar archive whose control.tar holds a `control` file with a Version."""

from wxcloudrun.formats.bounded import BoundedReader, Slice, UnreadablePackage
from wxcloudrun.formats.compression import gunzipped, uncompressed, unxzed, unzstded
from wxcloudrun.formats.metadata_texts import header_fields
from wxcloudrun.formats.tar_entries import TarEntries

AR_MEMBERS = 16
_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_HEADER_END = b"`\n"
_CONTROL = "control.tar"
_COMPRESSIONS = {"": uncompressed, ".gz": gunzipped, ".xz": unxzed, ".zst": unzstded}


def deb_version(reader: BoundedReader) -> str | None:
    """Return the Version of the control file, with its epoch and revision; raises UnreadablePackage."""
    name, member = _control_member(reader)
    decompress = _COMPRESSIONS.get(name.removeprefix(_CONTROL))
    if decompress is None:
        raise UnreadablePackage("the control archive is compressed in an unknown way")
    entries = TarEntries(decompress(member, reader.deadline))
    for entry in entries:
        if entry.path == b"control" and entry.is_file:
            return header_fields(entries.content(), "version").get("version")
    return None


def _control_member(reader: BoundedReader) -> tuple[str, Slice]:
    if reader.exactly(len(_MAGIC)) != _MAGIC:
        raise UnreadablePackage("no ar archive")
    for _ in range(AR_MEMBERS):
        header = reader.exactly(_HEADER_BYTES)
        digits = header[48:58].rstrip(b" ")
        if header[58:] != _HEADER_END or not digits.isdigit():
            raise UnreadablePackage("an ar header is damaged")
        size_bytes = int(digits)
        # GNU ar ends names with a slash, dpkg does not.
        name = header[:16].decode("latin-1").rstrip(" ").removesuffix("/")
        if name.startswith(_CONTROL):
            return name, Slice(reader, reader.tell(), size_bytes)
        reader.seek(reader.tell() + size_bytes + size_bytes % 2)
    raise UnreadablePackage("no control archive among the first members")
