"""Versions in file names: what counts as one, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.formats.detect import version_in_filename

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
        ("app-1.2.3-hotfix.zip", "1.2.3-hotfix"),
        ("app-1.2.3-test1.zip", "1.2.3-test1"),
        ("app-1.2.3-PR42.zip", "1.2.3-PR42"),
        ("app-1.2.3-daily.zip", "1.2.3-daily"),
        ("app-1.2.3-build_5.zip", "1.2.3-build_5"),
        ("app-1.2.3-tests.jar", "1.2.3"),
        ("app-1.2.3@abc1234.zip", None),
        ("app-1.2.3,rc1.zip", None),
        ("app-1.2.3修复版.zip", None),
        ("app-arm64-v8a-1.2.3.apk", "1.2.3"),
        ("demo-1.2.0rc1.tar.gz", "1.2.0rc1"),
        ("demo-1.0.dev3", "1.0.dev3"),
        ("demo-1.0a1.post2.dev3.tar.gz", "1.0a1.post2.dev3"),
        ("app-1.2.3+build.5.tgz", "1.2.3+build.5"),
        ("app-1.2.3-rc.1+exp.sha.5114f85.tar.gz", "1.2.3-rc.1+exp.sha.5114f85"),
        ("openssl-1.1.1w.tar.gz", "1.1.1w"),
        ("python3.12-thing-1.5.0.zip", "1.5.0"),
        ("video-1.2.3.3gp", "1.2.3"),
        ("node-v20.1.0-linux-x64.tar.xz", "20.1.0"),
        ("tool-1.2.3-ubuntu-22.04.tar.gz", "1.2.3"),
        ("tool-x86_64.1.0.zip", "1.0"),
        ("demo-1.2.3-1-x86_64.pkg.tar.zst", "1.2.3-1"),
        ("foo_1.2-3_amd64.deb", "1.2-3"),
        ("foo_1%3a1.2-3ubuntu1~22.04_amd64.deb", "1:1.2-3ubuntu1~22.04"),
        ("foo_1.2-3.debian.tar.xz", "1.2-3"),
        ("foo_1.2-3_source.changes", "1.2-3"),
        ("tool-1.2.3-amd64.deb", "1.2.3"),
        ("kernel-core-5.14.0-362.el9.x86_64.rpm", "5.14.0-362.el9"),
        ("torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl", "2.1.0+cu118"),
        ("demo-1!2.0.post1-1-py3-none-any.whl", "1!2.0.post1"),
        ("demo-1!2.0.post1.tar.gz", "1!2.0.post1"),
    ],
)
def test_a_version_is_found(filename: str, version: str) -> None:
    assert version_in_filename(filename) == version


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("gcm-win-x86-2.9.1.zip", "2.9.1"),
        ("virt-viewer-x86-11.0-1.0.msi", "11.0"),
        ("akka-actor_2.13-2.8.5.jar", "2.8.5"),
        ("log4j-1.2-api-2.17.1.zip", "2.17.1"),
        ("app-ubuntu-22.04-1.4.0.tar.gz", "1.4.0"),
        ("FireDM_2022.2.5.7z.001", "2022.2.5"),
        ("app-1.2.3.7z.sha256", "1.2.3"),
        ("k0s-v1.36.3+k0s.2-amd64.exe", "1.36.3+k0s.2"),
        ("torch-2.4.0+cu121-cp311.zip", "2.4.0+cu121"),
        ("app-1.2.3-5-gabc1234.tar.gz", "1.2.3-5-gabc1234"),
        ("v0.0.0-20210921155107-089bfa567519.zip", "0.0.0-20210921155107-089bfa567519"),
        ("hibernate-6.0.0.CR1.zip", "6.0.0.CR1"),
        ("myapp-1.2.3-20240701.123456-7.jar", "1.2.3-20240701.123456-7"),
        ("x-1.0.0-SNAPSHOT.jar", "1.0.0-SNAPSHOT"),
        ("openssh-10.5p1.tar.gz", "10.5p1"),
        ("dotslash-windows-arm64.v0.5.9.tar.gz", "0.5.9"),
        ("Azure.Functions.Cli.win-x64.4.13.0.zip", "4.13.0"),
        ("版本1.2.4.zip", "1.2.4"),
        ("项目V1.2.3.zip", "1.2.3"),
        ("Slic3r-1.3.0.64bit.zip", "1.3.0"),
        ("Firefox Setup 140.14.0esr.exe", "140.14.0esr"),
        ("192.168.1.10.txt", None),
        ("backup-10.0.0.1.log", None),
        ("invoice_12.05.2024.pdf", None),
        ("screenshot 2024-01-01 at 12.30.45.png", None),
        ("python3.11", None),
        ("cp312", None),
        ("x86_64", None),
        ("es2015.js", None),
        ("1080p.mp4", None),
    ],
)
def test_a_version_is_the_whole_that_its_maker_wrote_or_none(filename: str, version: str | None) -> None:
    assert version_in_filename(filename) == version


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        # what is glued to the numbers and not understood; what goes on in a way that versions cannot
        ("app-1.2.3foo.zip", None),
        ("app-1.2.x.zip", None),
        ("App 2.0 Beta 3.dmg", None),
        ("App 2.0 (beta).dmg", None),
        ("App 2.0 (64-bit).dmg", "2.0"),
        ("安装包1.2.4内测.apk", None),
        ("font-1.1.0-2.001R.tgz", None),
        # series in the name of the file, and counts of packagers
        ("gir-webkit2-4.1-2.50.6.tar.gz", "2.50.6"),
        ("connector-4.0.0-2.0.jar", "4.0.0-2.0"),
        ("XML_3.98-1.4.tar.gz", "3.98-1.4"),
        # numbers of something else
        ("app-1.2.3-with-jre-17.0.9.zip", "1.2.3"),
        ("app_3.1.0_node-v20.11.0.tgz", "3.1.0"),
        ("libxml-perl-2.41.tar.gz", "2.41"),
        ("libxml-perl-5.36.tar.gz", None),
        ("python-3.11.4.tar.gz", "3.11.4"),
        ("tool-cuda-12.1.tar.gz", None),
        ("tool-cuda-12.1-0.3.tar.gz", "0.3"),
        ("redis-windows-7.2.4-x64.zip", "7.2.4"),
        # commits
        ("geth-1.13.14-2bd6bd01.exe", "1.13.14-2bd6bd01"),
        ("image-23.11.4526.0e74ca98a74b.iso", "23.11.4526.0e74ca98a74b"),
        # addresses are none for what is installed
        ("TensorRT-10.0.1.6.tar.gz", None),
        ("TensorRT-10.0.1.6.exe", "10.0.1.6"),
        ("steam_1.0.0.82.tar.gz", "1.0.0.82"),
        ("1.0.0.82.txt", None),
        ("openssl-0.9.8.1.zip", "0.9.8.1"),
        # dates
        ("archlinux-2024.03.01-x86_64.iso", "2024.03.01"),
        ("photo 2024.03.01.jpg", None),
        ("backup-2024.03.01.zip", None),
        ("backup-tool-1.4.0.zip", "1.4.0"),
        ("report v2.1.pdf", "2.1"),
        ("price 19.99.pdf", None),
        # numbers behind the ones that a v stands before
        ("tool-v1.2.3-api-4.5.6.zip", "1.2.3"),
    ],
)
def test_each_doubt_has_its_reason(filename: str, version: str | None) -> None:
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
        "video-1.2.3gp",
        "x86_64",
        "tool-x86_64.tar.gz",
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
        "-".join(f"{number}.0.1" for number in range(20)),
    ],
)
def test_no_version_is_found(filename: str) -> None:
    assert version_in_filename(filename) is None


@given(
    st.one_of(st.text(max_size=255), st.text(alphabet="0123456789.-_v+~!rcabxdev%\0 ", max_size=120)),
    st.sampled_from(["", ".deb", ".rpm", ".whl", ".tar.gz", ".jar", ".pdf", ".png", ".txt", ".nupkg"]),
)
def test_whatever_is_found_is_a_legal_part_of_the_name_with_two_numbers(filename: str, ending: str) -> None:
    version = version_in_filename(filename + ending)
    if version is not None:
        assert 3 <= len(version) <= 128
        assert all("!" <= character <= "~" and character != "/" for character in version)
        assert version in (filename + ending).replace("%3a", ":").replace("%3A", ":")


PIECES = [
    *("1.", "-1", "1.1-", "a.1", "v1.0-", ".rc1", "-rc", "+a", "1.0+a.", "-1.0-a1", ".", "1.0_", "0a", "f"),
    *("9", "x86_64-", "_3-1", "20", "1!", ".7z", ".001", ".tar", "(", "版1.0", "-g1", "ubuntu-1.0-"),
    *("2024-01-01 12.30.", "backup-1.0-"),
]


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_for_a_name_grows_with_its_length_and_no_faster(piece: str) -> None:
    """A name of 16 KiB, 64 times as long as an upload may have, would take minutes if it were a square."""
    started = time.thread_time()
    for ending in ("", ".rpm", ".nupkg", ".txt"):
        version_in_filename((piece * 16_384)[:16_384] + ending)
        version_in_filename(("1.0" + piece * 16_384)[:16_384] + "!" + ending)
    assert time.thread_time() - started < 5
