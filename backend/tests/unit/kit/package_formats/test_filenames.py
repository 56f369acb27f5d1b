"""Versions in file names: what counts as one, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.kit.package_formats.detect import version_in_filename

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("myapp-1.2.3.tar.gz", "1.2.3"),
        ("package-2.0.0.zip", "2.0.0"),
        ("app-1.2", "1.2"),
        ("1.2.3", "1.2.3"),
        ("v1.2.3.zip", "1.2.3"),
        ("V1.2.zip", "1.2"),
        ("myapp_1.2.3.exe", "1.2.3"),
        ("my app 1.2.3.dmg", "1.2.3"),
        ("demo@1.2.3.tgz", "1.2.3"),
        ("Some.Library.13.0.3.nupkg", "13.0.3"),
        ("libfoo.so.1.2.3", "1.2.3"),
        ("版本-1.2.3.zip", "1.2.3"),
        ("report-2024.01.05.pdf", "2024.01.05"),
        ("tool-v1.4.0-rc.1-linux-amd64.tar.gz", "1.4.0-rc.1"),
        ("tool-1.4.0-beta-64bit.zip", "1.4.0-beta"),
        ("tool-1.4.0-alpha.2.1.zip", "1.4.0-alpha.2.1"),
        ("app-1.2.3-SNAPSHOT.jar", "1.2.3-SNAPSHOT"),
        ("app-1.2.3-release.apk", "1.2.3"),
        ("app-arm64-v8a-1.2.3.apk", "1.2.3"),
        ("demo-1.2.0rc1.tar.gz", "1.2.0rc1"),
        ("demo-1.0.dev3", "1.0.dev3"),
        ("demo-1.0a1.post2.dev3.tar.gz", "1.0a1.post2.dev3"),
        ("app-1.2.3+build.5.tgz", "1.2.3+build.5"),
        ("app-1.2.3-rc.1+exp.sha.5114f85.tar.gz", "1.2.3-rc.1+exp.sha.5114f85"),
        ("openssl-1.1.1w.tar.gz", "1.1.1w"),
        ("python3.12-thing-1.5.0.zip", "1.5.0"),
        ("video-1.2.3gp", "1.2"),
        ("node-v20.1.0-linux-x64.tar.xz", "20.1.0"),
        ("tool-1.2.3-ubuntu-22.04.tar.gz", "1.2.3"),
        ("demo-1.2.3-1-x86_64.pkg.tar.zst", "1.2.3"),
        ("foo_1.2-3_amd64.deb", "1.2-3"),
        ("foo_1%3a1.2-3ubuntu1~22.04_amd64.deb", "1:1.2-3ubuntu1~22.04"),
        ("tool-1.2.3-amd64.deb", "1.2.3"),
        ("kernel-core-5.14.0-362.el9.x86_64.rpm", "5.14.0-362.el9"),
        ("torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl", "2.1.0+cu118"),
        ("demo-1!2.0.post1-1-py3-none-any.whl", "1!2.0.post1"),
    ],
)
def test_a_version_is_found(filename: str, version: str) -> None:
    assert version_in_filename(filename) == version


@pytest.mark.parametrize(
    "filename",
    [
        "",
        ".",
        "-",
        "plain-file.bin",
        "app.tar.gz",
        "app-1.tar.gz",
        "app-1.zip",
        "photo-2024.png",
        "song.mp3",
        "movie.mp4",
        "mp4",
        "clip.h264",
        "archive.7z",
        "archive-1.7z",
        "movie-2.3gp",
        "x86_64",
        "tool-x86_64.tar.gz",
        "tool-x86_64.1.0.zip",
        "tool-arm64-v8a.apk",
        "python3.12-thing",
        "jdk1.8.0.zip",
        "screen-1.5x.png",
        "release-1..2.zip",
        "demo-2-py3-none-any.whl",
        "demo.whl",
        "demo-cp312-cp312-manylinux_2_17_x86_64.whl",
        "foo_1_amd64.deb",
        "a-b.rpm",
        "--.rpm",
        "2024-01-05.log",
        "app-１.２.３.zip",  # noqa: RUF001 - digits beyond ASCII are no version
        "app-" + "1" * 100 + "." + "2" * 100 + ".zip",
    ],
)
def test_no_version_is_found(filename: str) -> None:
    assert version_in_filename(filename) is None


@given(
    st.one_of(st.text(max_size=255), st.text(alphabet="0123456789.-_v+~rcabxdev%", max_size=120)),
    st.booleans(),
)
def test_whatever_is_found_is_a_legal_version_with_two_numbers(filename: str, package: object) -> None:
    endings = [".deb", ".rpm", ".whl", ".tar.gz"] if package else [""]
    for ending in endings:
        version = version_in_filename(filename + ending)
        if version is not None:
            assert 3 <= len(version) <= 128
            assert all("!" <= character <= "~" and character != "/" for character in version)


@pytest.mark.parametrize(
    "piece", ["1.", "-1", "1.1-", "a.1", "v1.0-", ".rc1", "-rc", "+a", "1.0+a.", "-1.0-a1", "."]
)
def test_a_name_of_255_characters_is_read_in_a_moment(piece: str) -> None:
    started = time.perf_counter()
    version_in_filename((piece * 255)[:255])
    version_in_filename(("1.0" + piece * 255)[:255] + "!")
    assert time.perf_counter() - started < 0.05
