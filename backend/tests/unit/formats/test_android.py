"""Android packages: versionName of binary and protobuf manifests, and what hostile manifests get."""

import struct
import time

import pytest

from tests.unit.formats.samples import (
    aab,
    apk,
    binary_manifest,
    chunk,
    declared,
    field,
    protobuf_manifest,
    short,
    string_pool,
    zipped,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("with_ids", [False, True])
def test_an_apk_declares_its_version_name(*, utf8: bool, with_ids: bool) -> None:
    manifest = binary_manifest("1.2.3-beta.4", utf8=utf8, with_ids=with_ids)
    assert declared("demo.apk", apk(manifest)) == "1.2.3-beta.4"


def test_an_apk_whose_version_name_is_a_resource_declares_none() -> None:
    assert declared("demo.apk", apk(binary_manifest(value_type=0x01))) is None


def test_an_apk_without_a_manifest_or_with_a_textual_one_declares_none() -> None:
    assert declared("demo.apk", zipped({"classes.dex": b""})) is None
    text = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "1.2.3">]><manifest versionName="&a;"/>'
    assert declared("demo.apk", apk(text)) is None


@pytest.mark.parametrize("version", ["", "1.0 beta", "1.0/2", "版本", "1" * 127 + "23"])
def test_an_illegal_version_name_is_not_taken(version: str) -> None:
    assert declared("demo.apk", apk(binary_manifest(version))) is None
    assert declared("demo.aab", aab(protobuf_manifest(version))) is None


@pytest.mark.parametrize("length", range(0, 200, 7))
def test_a_truncated_manifest_declares_none(length: int) -> None:
    assert declared("demo.apk", apk(binary_manifest()[:length] or b"\0")) is None


def test_attributes_that_overlap_are_refused() -> None:
    attribute = struct.pack("<3LHBBL", 0, 0, 1, 8, 0, 3, 1)
    element = struct.pack("<2L6H", 0xFFFFFFFF, 0, 20, 0, 65_535, 0, 0, 0) + attribute
    start = chunk(0x0102, struct.pack("<2L", 1, 0xFFFFFFFF), element)
    manifest = chunk(0x0003, b"", string_pool(["versionName", "1.2.3"], utf8=False) + start)
    assert declared("demo.apk", apk(manifest)) is None


def test_many_attributes_that_name_one_long_string_end_in_time() -> None:
    attributes = struct.pack("<3LHBBL", 0, 0, 0, 8, 0, 3, 0) * 45_000
    element = struct.pack("<2L6H", 0xFFFFFFFF, 0, 20, 20, 45_000, 0, 0, 0) + attributes
    start = chunk(0x0102, struct.pack("<2L", 1, 0xFFFFFFFF), element)
    started = time.thread_time()
    assert declared("demo.apk", apk(chunk(0x0003, b"", _long_pool(32_767) + start))) is None
    assert time.thread_time() - started < 5


def _long_pool(characters: int) -> bytes:
    data = struct.pack("<H", characters) + b"x\0" * characters
    header = struct.pack("<5L", 1, 0, 0, 32, 0)
    return chunk(0x0001, header, struct.pack("<L", 0) + data)


@pytest.mark.parametrize("resource_id", [0x0101021C, None])
def test_an_app_bundle_declares_its_version_name(resource_id: int | None) -> None:
    assert declared("demo.aab", aab(protobuf_manifest("2.0.1", resource_id))) == "2.0.1"


def test_an_attribute_of_another_namespace_is_not_the_version_name() -> None:
    attribute = field(1, b"urn:other") + field(2, b"versionName") + field(3, b"1.2.3")
    assert declared("demo.aab", aab(field(1, field(4, attribute)))) is None


@pytest.mark.parametrize(
    "manifest",
    [
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff" * 100,
        b"\x0b\x0b\x0b",
        b"\x0d\x00",
        field(2, b"text only"),
        field(1, 5),
        field(1, field(4, 7)),
        field(1, field(4, field(5, 0x0101021C) + field(3, 9))),
        field(1, field(4, field(5, 0x0101021C) + field(3, b"\xff\xfe"))),
        field(1, b"") * 1000,
    ],
    ids=short,
)
def test_a_damaged_protobuf_manifest_declares_none(manifest: bytes) -> None:
    assert declared("demo.aab", aab(manifest)) is None
