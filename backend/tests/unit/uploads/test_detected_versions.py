"""Where the version of an upload comes from: said explicitly, else metadata, else the file name."""

import json

import pytest

from tests.support.builders import sha256
from tests.support.forms import field, file, post_form
from tests.support.registry import Workshop
from tests.unit.formats.samples import (
    apk,
    binary_manifest,
    deb,
    jar,
    npm,
    npm_sorted_by_ending,
    rpm,
    tar_gz,
    wheel,
    zipped,
)

GUAVA = {
    "META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\nBundle-Version: 33.3.0.jre\r\n\r\n",
    "META-INF/maven/com.google.guava/guava/pom.properties": b"version=33.3.0-jre\nartifactId=guava\n",
}


def manifest_of(version: str) -> bytes:
    """Return a package.json."""
    return json.dumps({"name": "demo", "version": version}).encode()


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


@pytest.mark.same_everywhere
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


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("filename", "data", "version"),
    [
        ("app-2.1.0.jar", jar(b"Implementation-Version: unspecified\n\n"), "2.1.0"),
        ("app-2.1.0.jar", jar(b"Implementation-Version: ${project.version}\n\n"), "2.1.0"),
        ("x-0.9.tar.gz", tar_gz({"x-0.9/PKG-INFO": b"Name: x\nVersion: UNKNOWN\n"}), "0.9"),
        ("demo-1.4.0.tar.gz", tar_gz({"demo/package.json": manifest_of("0.0.0-development")}), "1.4.0"),
        ("demo-1.4.0.tgz", npm("${version}"), "1.4.0"),
        ("demo_1.4.0_all.deb", deb("@VERSION@"), "1.4.0"),
        ("demo-1.4.0-1.noarch.rpm", rpm({1001: "unspecified"}), "1.4.0-1"),
        ("demo-1.4.0.apk", apk(binary_manifest("undefined")), "1.4.0"),
        ("demo-1.4.0-py3-none-any.whl", wheel(b"Name: demo\nVersion: UNKNOWN\n"), "1.4.0"),
        ("app.jar", jar(b"Implementation-Version: unspecified\n\n"), None),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,  # archives hold the time
)
def test_given_a_placeholder_in_the_metadata_then_the_file_name_speaks(
    shop: Workshop, filename: str, data: bytes, version: str | None
) -> None:
    answer = shop.upload(data, filename).ok()

    source = "filename" if version else None
    assert (answer.data["version"], answer.data["version_source"]) == (version, source)
    if version:
        assert shop.download(f"version:{version}").body == data


@pytest.mark.parametrize(
    ("filename", "data", "version"),
    [
        ("guava.jar", zipped(GUAVA), "33.3.0-jre"),
        ("core-js.tgz", npm_sorted_by_ending("3.51.0", 3_730), "3.51.0"),
        ("bind.rpm", rpm({1000: "bind", 1001: "9.16.23", 1002: "14.el9", 1003: 32}), "32:9.16.23-14.el9"),
        ("demo.tgz", npm("v1.2.3"), "1.2.3"),
        ("demo.tgz", npm("=1.2.3"), "1.2.3"),
        ("demo.tgz", npm("0.0.0-development"), "0.0.0-development"),
    ],
    ids=["Maven's notes", "package.json behind thousands", "epoch", "npm's v", "npm's =", "published so"],
)
def test_given_metadata_that_takes_some_reading_then_it_is_found(
    shop: Workshop, filename: str, data: bytes, version: str
) -> None:
    answer = shop.upload(data, filename).ok()

    assert (answer.data["version"], answer.data["version_source"]) == (version, "metadata")
    assert [each["version"] for each in shop.reader.get(shop.url("/versions")).items] == [version]
    assert shop.download(f"version:{version}").body == data


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("virt-viewer-x86-11.0-1.0.msi", "11.0"),
        ("k0s-v1.36.3+k0s.2-amd64.exe", "1.36.3+k0s.2"),
        ("v0.0.0-20210921155107-089bfa567519.zip", "0.0.0-20210921155107-089bfa567519"),
        ("项目V1.2.3.zip", "1.2.3"),
        ("Firefox Setup 140.14.0esr.exe", "140.14.0esr"),
        ("app-1.2.3.7z.sha256", "1.2.3"),
        ("192.168.1.10.txt", None),
        ("screenshot 2024-01-01 at 12.30.45.png", None),
        ("invoice_12.05.2024.pdf", None),
    ],
)
def test_given_a_name_then_its_whole_version_is_made_or_none(
    shop: Workshop, filename: str, version: str | None
) -> None:
    raw = shop.upload(b"no archive " + filename.encode(), filename).ok()
    form = post_form(
        shop.writer, shop.url("/upload"), file(b"no archive " + filename.encode(), filename)
    ).ok()

    assert (raw.data["version"], form.data["version"]) == (version, version)
    versions = [each["version"] for each in shop.reader.get(shop.url("/versions")).items]
    assert versions == ([version] if version else [])
