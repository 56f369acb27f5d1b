"""Where the version of a deposit comes from: said explicitly, else metadata, else the file name."""

import pytest

from tests.support.builders import sha256
from tests.support.forms import field, file, post_form
from tests.support.registry import Workshop
from tests.unit.kit.package_formats.samples import npm, wheel


def test_given_an_explicit_version_then_it_is_made(shop: Workshop) -> None:
    answer = shop.upload(b"bytes", "app.tar.gz", version="1.0.0").ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("1.0.0", "explicit")
    assert shop.reader.get(shop.url("/versions/1.0.0")).data["artifact_id"] == sha256(b"bytes")


def test_given_an_explicit_version_then_neither_name_nor_metadata_count(shop: Workshop) -> None:
    answer = shop.upload(wheel(), "demo-7.0-py3-none-any.whl", version="9.9.9").ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("9.9.9", "explicit")
    assert [each["version"] for each in shop.reader.get(shop.url("/versions")).items] == ["9.9.9"]


@pytest.mark.parametrize(
    ("filename", "data"),
    [("demo-7.0-py3-none-any.whl", wheel()), ("demo-7.0.tgz", npm()), ("package.tar.gz", npm())],
    ids=["wheel", "npm tarball", "npm tarball without version in its name"],
)
def test_given_a_real_package_then_what_it_says_about_itself_goes_before_its_name(
    shop: Workshop, filename: str, data: bytes
) -> None:
    answer = shop.upload(data, filename).ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("1.2.3", "metadata")
    assert shop.download("version:1.2.3").body == data


def test_given_a_real_package_in_a_form_then_its_version_is_found_too(shop: Workshop) -> None:
    answer = post_form(shop.writer, shop.url("/upload"), file(wheel(), "demo.whl"), field("tag", "t")).ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("1.2.3", "metadata")


@pytest.mark.parametrize(
    ("filename", "version"),
    [("myapp-1.2.3.tar.gz", "1.2.3"), ("package-2.0.0.zip", "2.0.0"), ("app_v1.5.bin", "1.5")],
)
def test_given_no_metadata_then_the_file_name_decides(shop: Workshop, filename: str, version: str) -> None:
    answer = shop.upload(b"not really an archive", filename).ok()

    assert (answer.data["version"], answer.data["version_source"]) == (version, "filename")


@pytest.mark.parametrize("filename", ["plain-file.bin", "build-7.zip", "文件.zip", "x.tar.gz"])
def test_given_nothing_that_tells_a_version_then_none_is_made(shop: Workshop, filename: str) -> None:
    answer = shop.upload(b"no version here", filename).ok()

    assert (answer.data["version"], answer.data["version_source"]) == (None, None)
    assert shop.reader.get(shop.url("/versions")).items == []


def test_given_a_broken_wheel_then_the_upload_is_accepted_with_the_version_of_its_name(
    shop: Workshop,
) -> None:
    answer = shop.upload(wheel()[:-30], "demo-7.0-py3-none-any.whl").ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("7.0", "filename")


def test_given_metadata_with_an_impossible_version_then_the_name_decides(shop: Workshop) -> None:
    answer = shop.upload(npm("../../1 0"), "demo-7.0.tgz").ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("7.0", "filename")
