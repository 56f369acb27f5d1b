"""RPM packages: version and release of the header, and what damaged headers get."""

import struct

import pytest

from tests.unit.formats.samples import declared, rpm, short

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("values", "version"),
    [
        ({1000: "bind", 1001: "9.16.23", 1002: "14.el9", 1003: 32}, "32:9.16.23-14.el9"),
        ({1003: 1, 1002: "4.el9", 1001: "1.2.3"}, "1:1.2.3-4.el9"),
        ({1001: "1.2.3", 1003: 2}, "2:1.2.3"),
        ({1001: "1.2.3", 1002: "4.el9", 1003: 0}, "1.2.3-4.el9"),
        ({1001: "1.2.3", 1002: "4.el9"}, "1.2.3-4.el9"),
        ({1001: "1.2.3", 1002: "4.el9", 1003: "7"}, "1.2.3-4.el9"),
        ({1001: "1.2.3", 1002: "4.el9", 1003: 0xFFFFFFFF}, "4294967295:1.2.3-4.el9"),
    ],
    ids=[
        "epoch",
        "any order of tags",
        "no release",
        "zero means none",
        "none",
        "text is no epoch",
        "largest",
    ],
)
def test_an_rpm_declares_version_and_release_behind_its_epoch(
    values: dict[int, str | int], version: str
) -> None:
    assert declared("demo.rpm", rpm(values)) == version


def test_an_rpm_without_a_release_declares_its_version() -> None:
    assert declared("demo.rpm", rpm({1001: "1.2.3"})) == "1.2.3"


def test_an_rpm_without_a_version_declares_none() -> None:
    assert declared("demo.rpm", rpm({1000: "demo", 1002: "4.el9"})) is None


@pytest.mark.parametrize("version", ["", "1 2", "1/2", "1" * 129, "1" * 5000, "é"], ids=short)
def test_an_illegal_version_is_not_taken(version: str) -> None:
    assert declared("demo.rpm", rpm({1001: version})) is None


@pytest.mark.parametrize("length", [0, 50, 96, 100, 112, 150, 160, 170, 190])
def test_a_truncated_rpm_declares_none(length: int) -> None:
    assert declared("demo.rpm", rpm()[:length]) is None


@pytest.mark.parametrize("place", [0, 96])
def test_a_wrong_magic_declares_none(place: int) -> None:
    data = bytearray(rpm())
    data[place] ^= 0xFF
    assert declared("demo.rpm", bytes(data)) is None


@pytest.mark.parametrize("offset", [8, 12])
def test_a_signature_that_claims_to_be_huge_declares_none(offset: int) -> None:
    data = bytearray(rpm())
    struct.pack_into(">L", data, 96 + offset, 0xFFFFFFFF)
    assert declared("demo.rpm", bytes(data)) is None


def test_an_index_that_claims_to_be_huge_declares_none() -> None:
    data = bytearray(rpm())
    struct.pack_into(">L", data, data.rfind(b"\x8e\xad\xe8\x01") + 8, 0xFFFFFFFF)
    assert declared("demo.rpm", bytes(data)) is None


def test_an_epoch_that_points_outside_declares_none() -> None:
    data = bytearray(rpm({1001: "1.2.3", 1003: 7}))
    place = data.rfind(struct.pack(">2L", 1003, 4))
    struct.pack_into(">L", data, place + 8, 0xFFFFFFF0)
    assert declared("demo.rpm", bytes(data)) is None


def test_a_tag_that_points_outside_declares_none() -> None:
    data = bytearray(rpm({1001: "1.2.3"}))
    place = data.rfind(struct.pack(">2L", 1001, 6))
    struct.pack_into(">L", data, place + 8, 0xFFFFFFF0)
    assert declared("demo.rpm", bytes(data)) is None
