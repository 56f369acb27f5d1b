"""Debian packages: every compression of the control archive, and what hostile ones get."""

import lzma
import struct
import zlib

import pytest
import zstandard

from tests.unit.formats.samples import ar, deb, declared, short, tarred

pytestmark = pytest.mark.unit

CONTROL = b"Package: demo\nVersion: 1.2.3\n"


def with_control(member: str, content: bytes) -> bytes:
    return ar({"debian-binary": b"2.0\n", member: content, "data.tar": b""})


@pytest.mark.parametrize("ending", ["", ".gz", ".xz", ".zst"])
def test_a_deb_declares_the_version_of_its_control_file_with_epoch_and_revision(ending: str) -> None:
    assert declared("demo_9_all.deb", deb("1:1.2.3-4~deb12u1", ending)) == "1:1.2.3-4~deb12u1"


def test_control_files_without_a_dot_in_front_and_gnu_member_names_are_read() -> None:
    assert declared("demo.deb", with_control("control.tar/", tarred({"control": CONTROL}))) == "1.2.3"


def test_members_in_front_of_the_control_archive_are_stepped_over() -> None:
    data = ar({"debian-binary": b"2.0\n", "_odd": b"123", "control.tar": tarred({"./control": CONTROL})})
    assert declared("demo.deb", data) == "1.2.3"


def test_zstd_streams_as_dpkg_writes_them_are_read() -> None:
    compressor = zstandard.ZstdCompressor(level=19).compressobj()
    content = compressor.compress(tarred({"./control": CONTROL})) + compressor.flush()
    assert declared("demo.deb", with_control("control.tar.zst", content)) == "1.2.3"


def test_given_a_zstd_window_beyond_the_limit_when_read_then_none() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    content = compressor.compress(tarred({"./control": CONTROL})) + compressor.flush()
    assert declared("demo.deb", with_control("control.tar.zst", content)) is None


def test_given_an_xz_dictionary_beyond_the_memory_limit_when_read_then_none() -> None:
    content = bytearray(lzma.compress(tarred({"./control": CONTROL}), filters=[{"id": lzma.FILTER_LZMA2}]))
    # The dictionary's size is one byte of the block header, whose checksum follows it.
    header_bytes = (content[12] + 1) * 4
    place = content.index(bytes([lzma.FILTER_LZMA2, 1]), 12) + 2
    content[place] = 32  # 256 MiB
    checksum = zlib.crc32(bytes(content[12 : 12 + header_bytes - 4]))
    struct.pack_into("<L", content, 12 + header_bytes - 4, checksum)
    assert lzma.decompress(bytes(content)) == tarred({"./control": CONTROL})
    assert declared("demo.deb", with_control("control.tar.xz", bytes(content))) is None


@pytest.mark.parametrize("ending", [".xz", ".zst"])
def test_a_bomb_in_front_of_the_control_file_declares_none(ending: str) -> None:
    content = tarred({"./zeros": bytes(64 * 1024 * 1024), "./control": CONTROL})
    packed = lzma.compress(content, preset=0) if ending == ".xz" else zstandard.compress(content)
    assert declared("demo.deb", with_control(f"control.tar{ending}", packed)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"!<arch>\n",
        b"!<arch>\n" + b"x" * 60,
        ar({}),
        ar({"debian-binary": b"2.0\n"}),
        ar({f"member{number}": b"" for number in range(500)}),
        with_control("control.tar.lzma", b"x"),
        with_control("control.tar.gz", b"no gzip"),
        with_control("control.tar.xz", lzma.compress(tarred({"./control": CONTROL}))[:-120]),
        with_control("control.tar.zst", zstandard.compress(tarred({"./control": CONTROL}))[:20]),
        with_control("control.tar", tarred({"./conffiles": b""})),
        with_control("control.tar", tarred({"./control": b"Package: demo\n"})),
        ar({"debian-binary": b"2.0\n"}).replace(b"4         `", b"9999999999`"),
        ar({"debian-binary": b"2.0\n"}).replace(b"4         `", b"-4        `"),
    ],
    ids=short,
)
def test_a_damaged_deb_declares_none(data: bytes) -> None:
    assert declared("demo.deb", data) is None
