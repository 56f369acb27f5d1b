"""What those who unpack a tarball find as its package.json is what is read of it, or nothing is."""

import gzip
import io
import tarfile
import time
import zlib

import pytest

from tests.unit.formats.samples import tar_gz, tarred
from wxcloudrun.formats.bounded import BoundedReader, Deadline, UnreadablePackage
from wxcloudrun.formats.npm_contents import MOST_TAR_BYTES, package_json

GOOD, EVIL = b'{"name": "lib"}', b'{"name": "evil"}'

type Entry = tuple[str, bytes, dict[str, str]]


def read(data: bytes, most_bytes: int = MOST_TAR_BYTES) -> bytes | None:
    """Read a tarball."""
    return package_json(BoundedReader(io.BytesIO(data), len(data), Deadline(time.monotonic, 30)), most_bytes)


def tarball(*entries: Entry, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tarball; the last entry is of a kind, and each may have a pax header."""
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w:gz") as archive:
        for name, content, said in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.pax_headers = len(content), said
            if kind != tarfile.REGTYPE and (name, content, said) == entries[-1]:
                entry.type, entry.size, entry.linkname = kind, 0, "x"
            archive.addfile(entry, io.BytesIO(content))
    return blob.getvalue()


@pytest.mark.parametrize(
    "path", ["package/package.json", "./package/package.json", "./package.json", "x/package.json"]
)
@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_given_one_at_the_top_then_it_is_read_wherever_it_stands(path: str, tar_format: int) -> None:
    files = {"docs/" + "d/" * 60 + "package.json": EVIL, path: GOOD, "package/lib/package.json": EVIL}

    assert read(gzip.compress(tarred(files, tar_format))) == GOOD


@pytest.mark.parametrize(
    "second",
    [
        "package/package.json",
        "other/package.json",
        "./package.json",
        "/package.json",
        "package//package.json",
        "package/./package.json",
        "package\\package.json",
        "package/PACKAGE.JSON",
        "package/a/../package.json",
    ],
)
def test_given_two_of_which_one_would_stay_then_it_is_unreadable(second: str) -> None:
    one: Entry = ("package/package.json", GOOD, {})
    other: Entry = (second, EVIL, {})
    for entries in ((one, other), (other, one)):
        with pytest.raises(UnreadablePackage):
            read(tarball(*entries))


def test_given_names_in_extended_headers_then_they_count() -> None:
    away: Entry = ("package/package.json", EVIL, {"path": "package/lib/package.json"})
    here: Entry = ("package/x", GOOD, {"path": "package/package.json"})

    assert read(tarball(away, here)) == GOOD
    with pytest.raises(UnreadablePackage):
        read(tarball(("package/package.json", EVIL, {}), here))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_given_a_link_or_a_folder_in_its_place_then_it_is_unreadable(kind: bytes) -> None:
    with pytest.raises(UnreadablePackage):
        read(tarball(("package/a", b"", {}), ("package/package.json", b"", {}), kind=kind))


def test_given_an_extended_header_that_moves_the_end_of_a_file_then_it_is_unreadable() -> None:
    with pytest.raises(UnreadablePackage, match="moves files"):
        read(tarball(("package/package.json", GOOD, {"size": "0"})))


def test_given_another_archive_behind_the_end_then_it_is_unreadable() -> None:
    first, second = (gzip.decompress(tar_gz({"package/package.json": each})) for each in (GOOD, EVIL))

    assert read(gzip.compress(first + bytes(4096))) == GOOD
    for data in (first + second, first.rstrip(b"\0") + bytes(-len(first.rstrip(b"\0")) % 512 + 512) + second):
        with pytest.raises(UnreadablePackage, match="behind its end"):
            read(gzip.compress(data))
    with pytest.raises(UnreadablePackage, match="behind its end"):
        read(gzip.compress(first) + gzip.compress(second))


@pytest.mark.parametrize("written", [b"1 path=x\n", b"x path=x\n", b"99 path=x\n", b"path", b"-1 a=b\n"])
def test_given_a_damaged_extended_header_then_it_is_unreadable(written: bytes) -> None:
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, len(written)
    header = entry.tobuf(tarfile.USTAR_FORMAT) + written.ljust(512, b"\0")

    with pytest.raises(UnreadablePackage, match="damaged"):
        read(gzip.compress(header + tarred({"package/package.json": GOOD})))


def test_given_zeros_without_end_then_reading_ends() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begin = tarred({"package/package.json": GOOD})
    bomb = packer.compress(begin) + b"".join(packer.compress(bytes(2**24)) for _ in range(5)) + packer.flush()

    with pytest.raises(UnreadablePackage, match="too many decompressed bytes"):
        read(bomb, 2**26)
