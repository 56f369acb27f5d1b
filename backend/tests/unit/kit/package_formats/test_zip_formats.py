"""Wheels, zipped sdists, Java archives: what they declare, and what hostile zips get."""

import io
import struct
import time
import zipfile

import pytest

from tests.unit.kit.package_formats.samples import METADATA, declared, jar, wheel, zipped
from wxcloudrun.kit.package_formats import bounded

pytestmark = pytest.mark.unit


def test_a_wheel_declares_the_version_of_its_metadata_header_and_not_of_its_text() -> None:
    assert declared("demo-7.7.7-py3-none-any.whl", wheel()) == "1.2.3"


def test_the_ending_is_recognised_in_any_case() -> None:
    assert declared("DEMO.WHL", wheel()) == "1.2.3"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zipped_sdist_declares_the_version_of_its_top_pkg_info(compression: int) -> None:
    data = zipped({"demo/demo.egg-info/PKG-INFO": b"Version: 8", "demo/PKG-INFO": METADATA}, compression)
    assert declared("demo.zip", data) == "1.2.3"


def test_a_zip_with_a_comment_and_bytes_before_it_is_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("demo/PKG-INFO", METADATA)
        archive.comment = b"a comment" * 7_000
    assert declared("demo.zip", b"#!/bin/sh\n" + target.getvalue()) == "1.2.3"


def test_an_end_record_inside_the_comment_hides_the_real_one_and_declares_none() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("demo/PKG-INFO", METADATA)
        archive.comment = b"PK\x05\x06" + b"\xff" * 40
    assert declared("demo.zip", target.getvalue()) is None


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"Name: demo\n\nVersion: 1.2.3\n",
        b"Version:\n",
        b"Version: 1 2\n",
        b"Version: 1/2\n",
        b"Version: " + b"1" * 129 + b"\n",
        "Version: 1.2.é\n".encode(),
        b"Version: 1.2.\xff\n",
    ],
)
def test_metadata_without_a_legal_version_declares_none(metadata: bytes) -> None:
    assert declared("demo.whl", wheel(metadata)) is None


def test_a_wheel_with_two_dist_infos_is_ambiguous_and_declares_none() -> None:
    data = zipped({"a-1.dist-info/METADATA": METADATA, "b-2.dist-info/METADATA": METADATA})
    assert declared("demo.whl", data) is None


def test_vendored_metadata_deeper_down_is_not_the_wheels_own() -> None:
    data = zipped(
        {"demo/_vendor/a-1.dist-info/METADATA": b"Version: 8.8\n", "d.dist-info/METADATA": METADATA}
    )
    assert declared("demo.whl", data) == "1.2.3"


@pytest.mark.parametrize(
    ("manifest", "version"),
    [
        (b"Manifest-Version: 1.0\nImplementation-Version: 2.0-M1\nBundle-Version: 3\n\n", "2.0-M1"),
        (b"Manifest-Version: 1.0\r\nBundle-Version: 3.1.0.v2024\r\n\r\n", "3.1.0.v2024"),
        (b"Implementation-Version: 1.2\r\n .3\r\n\r\n", "1.2.3"),
        (b"Specification-Version: 4\nManifest-Version: 1.0\n\n", None),
        (b"Manifest-Version: 1.0\n\nName: a/\nImplementation-Version: 9\n", None),
    ],
)
def test_a_jar_declares_what_the_main_section_of_its_manifest_says(
    manifest: bytes, version: str | None
) -> None:
    assert declared("demo.jar", jar(manifest)) == version


@pytest.mark.parametrize("name", ["demo.jar", "demo.war", "demo.ear"])
def test_all_java_archives_are_read(name: str) -> None:
    assert declared(name, jar()) == "1.2.3"


def test_a_manifest_of_continuation_lines_only_is_read_in_linear_time() -> None:
    data = jar(b"Implementation-Version: 1\n" + b" 1\n" * 340_000)
    started = time.perf_counter()
    assert declared("demo.jar", data) is None
    assert time.perf_counter() - started < 1


def test_a_zip_bomb_as_metadata_declares_none() -> None:
    assert declared("demo.whl", wheel(b"Version: 1.2.3\n" + bytes(64 * 1024 * 1024))) is None


def test_metadata_that_lies_about_its_size_is_not_followed() -> None:
    data = bytearray(wheel(b"Version: 1.2.3\n" + bytes(8 * 1024 * 1024)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.rfind(signature)
        struct.pack_into("<L", data, place + offset, 15)
    assert declared("demo.whl", bytes(data)) is None


def test_an_encrypted_entry_declares_none() -> None:
    data = bytearray(wheel())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    data[data.rfind(b"PK\x03\x04") + 6] |= 1
    assert declared("demo.whl", bytes(data)) is None


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compressions_without_a_memory_limit_are_not_read(compression: int) -> None:
    assert declared("demo.zip", zipped({"demo/PKG-INFO": METADATA}, compression)) is None


@pytest.mark.parametrize(("offset", "layout", "value"), [(10, "<H", 65_535), (12, "<L", 0x7FFFFFFF)])
def test_a_huge_central_directory_is_refused_before_it_is_read(offset: int, layout: str, value: int) -> None:
    data = bytearray(wheel())
    struct.pack_into(layout, data, data.rfind(b"PK\x05\x06") + offset, value)
    assert declared("demo.whl", bytes(data)) is None


def test_a_directory_that_hides_how_many_entries_it_has_is_refused() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    entries = (bounded.ZIP_DIRECTORY_BYTES // len(entry)) * entry
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entries), 0, 0)
    assert declared("demo.whl", entries + end) is None


def test_a_zip64_locator_is_refused() -> None:
    data = wheel()
    end = data.rfind(b"PK\x05\x06")
    entries, directory_bytes, directory = struct.unpack_from("<H2L", data, end + 10)
    numbers = (45, 45, 0, 0, entries, entries, directory_bytes, directory)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, *numbers)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    zip64 = data[:end] + record + locator + data[end:]
    assert zipfile.ZipFile(io.BytesIO(zip64)).testzip() is None
    assert declared("demo.whl", zip64) is None


def test_thousands_of_entries_are_fine_as_large_packages_have_them() -> None:
    entries = {f"demo/file{number}.py": b"" for number in range(5_000)}
    assert declared("demo.whl", zipped({**entries, "demo-1.dist-info/METADATA": METADATA})) == "1.2.3"


def test_more_entries_than_allowed_declare_none() -> None:
    entries = {f"{number}": b"" for number in range(bounded.ZIP_ENTRIES)}
    assert declared("demo.whl", zipped({**entries, "demo-1.dist-info/METADATA": METADATA})) is None
