"""Zips that every reader reads alike: pip goes by the directory at the end, uv by the heads of the entries.

What such a directory does not speak of can be a second archive, which some installers would see. (A few dozen
bytes can still hide in the head of an entry; to look at each head would be a request to the store for each.)
"""

import zipfile

from wxcloudrun.formats.bounded import BoundedReader, UnreadablePackage

END_SIGNATURE, END_BYTES = b"PK\x05\x06", 22
HEAD_BYTES = 30
# Behind a head stand its extra fields, such as times, and behind the content its length and checksum.
SLACK_BYTES = 512
NAMED_IN_UTF8 = 0x800


def refuse_hidden_bytes(archive: zipfile.ZipFile, reader: BoundedReader) -> None:
    """Raise UnreadablePackage for a zip with more in it than its directory says, or a name twice."""
    reader.seek(max(0, reader.size_bytes - END_BYTES - len(archive.comment)))
    if reader.read(len(END_SIGNATURE)) != END_SIGNATURE:
        raise UnreadablePackage("behind the end of the zip there are other bytes")
    if END_SIGNATURE in archive.comment:
        raise UnreadablePackage("the zip has two ends")
    names = {entry.filename for entry in archive.filelist}
    if len(names) < len(archive.filelist):
        raise UnreadablePackage("the zip has two entries of one name")
    entries = sorted(archive.filelist, key=lambda entry: entry.header_offset)
    starts = [*(entry.header_offset for entry in entries), archive.start_dir]
    if starts[0] != 0:
        raise UnreadablePackage("before the zip there are other bytes")
    for entry, start, end in zip(entries, starts, starts[1:], strict=False):
        used = HEAD_BYTES + name_bytes(entry) + entry.compress_size
        if not used <= end - start <= used + SLACK_BYTES:
            raise UnreadablePackage("between two entries of the zip there are other bytes")


def name_bytes(entry: zipfile.ZipInfo) -> int:
    """Return how long the name of an entry is in the zip."""
    return len(entry.orig_filename.encode("utf-8" if entry.flag_bits & NAMED_IN_UTF8 else "cp437"))
