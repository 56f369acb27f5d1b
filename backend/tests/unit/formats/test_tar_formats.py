"""Source distributions, npm packages, Helm charts: what they declare, and what hostile tars get."""

import gzip
import io
import itertools
import tarfile
import time
from collections.abc import Callable

import pytest

from tests.unit.formats.samples import (
    METADATA,
    chart,
    declared,
    many_then,
    npm,
    npm_sorted_by_ending,
    short,
    tar_gz,
    tarred,
)
from wxcloudrun.formats import bounded
from wxcloudrun.formats.detect import declared_version

pytestmark = pytest.mark.unit

PACKAGE_JSON = b'{"name": "demo", "version": "4.5.6"}'


def links(name: str, target: str, kind: bytes) -> bytes:
    blob = io.BytesIO()
    with tarfile.open(fileobj=blob, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
    return gzip.compress(blob.getvalue())


def test_an_sdist_declares_the_version_of_its_pkg_info() -> None:
    data = tar_gz({"demo-1/demo.egg-info/PKG-INFO": b"Version: 8.8\n", "demo-1/PKG-INFO": METADATA})
    assert declared("demo-7.7.tar.gz", data) == "1.2.3"


def test_an_sdist_that_also_has_a_package_json_is_an_sdist() -> None:
    data = tar_gz({"demo/package.json": PACKAGE_JSON, "demo/PKG-INFO": METADATA})
    assert declared("demo.tar.gz", data) == "1.2.3"


@pytest.mark.parametrize("name", ["demo.tgz", "demo.tar.gz"])
@pytest.mark.parametrize("folder", ["package", "demo", "./package"])
def test_an_npm_package_declares_the_version_of_its_package_json(name: str, folder: str) -> None:
    data = tar_gz({f"{folder}/package.json": PACKAGE_JSON, f"{folder}/node_modules/x/package.json": b"{}"})
    assert declared(name, data) == "4.5.6"


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_all_dialects_of_tar_are_read(tar_format: int) -> None:
    long_name = "package/" + "d/" * 60 + "file"
    data = gzip.compress(tarred({long_name: b"x" * 700, "package/package.json": PACKAGE_JSON}, tar_format))
    assert declared("demo.tgz", data) == "4.5.6"


def test_a_folder_with_a_name_beyond_ascii_is_read() -> None:
    assert declared("demo.tar.gz", tar_gz({"größe-1/PKG-INFO": METADATA})) == "1.2.3"


def test_only_the_first_top_folder_counts() -> None:
    assert declared("demo.tgz", tar_gz({"a/readme": b"", "b/package.json": PACKAGE_JSON})) is None


def test_a_package_json_without_a_folder_is_not_the_packages_own() -> None:
    assert declared("demo.tgz", tar_gz({"package.json": PACKAGE_JSON, "package/index.js": b""})) is None


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("v1.2.3", "1.2.3"),
        ("=1.2.3", "1.2.3"),
        ("=v1.2.3", "1.2.3"),
        ("= v 1.2.3", "1.2.3"),
        (" 1.2.3 ", "1.2.3"),
        ("1.2.3\n", "1.2.3"),
        ("v1.2.3-rc.1", "1.2.3-rc.1"),
        ("1.2.3beta", "1.2.3-beta"),
        ("1.2.3-beta", "1.2.3-beta"),
        ("1.2.3--x", "1.2.3--x"),
        ("01.02.03", "1.2.3"),
        ("v1.2.3+build.5", "1.2.3+build.5"),
        ("1.2.3-rc.1+build.5", "1.2.3-rc.1+build.5"),
        ("0.0.0-development", "0.0.0-development"),
        # npm would not take these; a private package may have them
        ("1.2", "1.2"),
        ("v1.2", "v1.2"),
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3_4", "1.2.3_4"),
        ("9" * 17 + ".0.0", "9" * 17 + ".0.0"),
    ],
)
def test_the_version_of_an_npm_package_is_cleaned_as_npm_does(written: str, version: str) -> None:
    assert declared("demo.tgz", npm(written)) == version


@pytest.mark.parametrize("files", [3_730, bounded.TAR_ENTRIES - 1])
def test_given_thousands_of_scripts_in_front_then_package_json_is_found(files: int) -> None:
    data = npm_sorted_by_ending("4.5.6", files, file_bytes=10)
    assert declared_version("demo.tgz", io.BytesIO(data), len(data), time.thread_time) == "4.5.6"


def test_given_more_entries_than_allowed_in_front_of_package_json_then_none() -> None:
    data = npm_sorted_by_ending("4.5.6", bounded.TAR_ENTRIES, file_bytes=0)
    assert declared_version("demo.tgz", io.BytesIO(data), len(data), lambda: 0.0) is None


@pytest.mark.parametrize("name", ["demo.tgz", "demo.tar.gz"])
@pytest.mark.parametrize(("size_bytes", "version"), [(89 * 2**20, "4.5.6"), (bounded.NPM_TAR_BYTES, None)])
def test_given_large_files_in_front_then_package_json_is_found_up_to_a_limit_of_bytes(
    name: str, size_bytes: int, version: str | None
) -> None:
    data = npm_sorted_by_ending("4.5.6", 8, file_bytes=size_bytes // 8)
    assert declared_version(name, io.BytesIO(data), len(data), lambda: 0.0) == version


def test_given_large_files_in_another_folder_then_the_common_limit_holds() -> None:
    data = many_then(4, bounded.TAR_BYTES // 4, "demo", {"demo/package.json": PACKAGE_JSON})
    assert declared_version("demo.tgz", io.BytesIO(data), len(data), lambda: 0.0) is None


def test_given_a_package_that_takes_longer_than_allowed_then_none() -> None:
    data = npm_sorted_by_ending("4.5.6", 3_000, file_bytes=10)
    clock = itertools.count(step=0.001)
    assert declared_version("demo.tgz", io.BytesIO(data), len(data), lambda: next(clock)) is None


@pytest.mark.parametrize("version", [1, None, ["1.2.3"], "", "1 2", "é", "1" * 129])
def test_a_package_json_without_a_legal_version_declares_none(version: object) -> None:
    assert declared("demo.tgz", npm(version)) is None


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'"1.2.3"', b'{"version":', b"\xff\xfe", b"[" * 500_000, b'{"a":' * 200_000, b"1" * 5000],
    ids=short,
)
def test_json_that_is_malformed_or_too_deep_declares_none(text: bytes) -> None:
    assert declared("demo.tgz", tar_gz({"package/package.json": text})) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (b"name: demo\nversion: 1.2.3\n", "1.2.3"),
        (b"version: 1.10\n", "1.10"),
        (b"version: '1.2.3'\n", "1.2.3"),
        (b'{"apiVersion": "v2", "version": "1.2.3+b"}', "1.2.3+b"),
        (b"dependencies:\n- name: a\n  version: 9.9.9\nversion: 1.2.3\n", "1.2.3"),
        (b"annotations:\n  version: 9.9.9\nversion: 1.2.3\n", "1.2.3"),
        (b"a: version\nb: 9.9.9\nversion: 1.2.3\n", "1.2.3"),
        (b"? [version, x]\n: 9.9.9\n? version\n: 1.2.3\n", "1.2.3"),
        (b"x: &x {a: 1}\ny: *x\n*x : 2\nversion: 1.2.3\n", "1.2.3"),
        (b"appVersion: 9.9.9\n", None),
        (b"- version\n- 1.2.3\n", None),
        (b"version\n", None),
        (b"version: [1.2.3]\n", None),
        (b"x: &x 1.2.3\nversion: *x\n", None),
        (b"", None),
        (b"a: 1\n---\nversion: 1.2.3\n", None),
        (b"version: !!python/object/apply:os.system ['true']\n", None),
        (b'a: "\\UFFFFFFFF"\nversion: 1.2.3\n', None),
        (b"%YAML 1." + b"9" * 5000 + b"\n---\nversion: 1.2.3\n", None),
        (b"version: 1.2.3\x00\n", None),
    ],
    ids=short,
)
def test_a_chart_declares_its_own_version_as_written(text: bytes, version: str | None) -> None:
    assert declared("demo.tgz", chart(text)) == version


def test_a_bomb_of_yaml_aliases_is_never_expanded() -> None:
    levels = [b'a0: &a0 ["x"]'] + [
        b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)
    ]
    assert declared("demo.tgz", chart(b"\n".join([*levels, b"version: 1.2.3\n"]))) == "1.2.3"


@pytest.mark.parametrize(
    "text", [b"[" * 200_000, b"{a: " * 50_000, b"a:\n" + b"- " * 100_000, b"#" * 200_000], ids=short
)
def test_yaml_that_is_deep_or_large_ends_in_time(text: bytes) -> None:
    started = time.thread_time()
    assert declared("demo.tgz", chart(text)) is None
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(("depth", "version"), [(60, "1.2.3"), (70, None)])
def test_nested_yaml_is_read_down_to_a_fixed_depth(depth: int, version: str | None) -> None:
    text = b"x: " + b"[" * depth + b"]" * depth + b"\nversion: 1.2.3\n"
    assert declared("demo.tgz", chart(text)) == version


def test_a_chart_beyond_its_limit_declares_none() -> None:
    assert declared("demo.tgz", chart(b"version: 1.2.3\n" + b"#" * 256 * 1024)) is None


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_not_followed(kind: bytes) -> None:
    link = gzip.decompress(links("package/package.json", "/etc/passwd", kind))[:512]
    file = tarred({"package/package.json": PACKAGE_JSON})
    assert declared("demo.tgz", gzip.compress(link)) is None
    assert declared("demo.tgz", gzip.compress(link + file)) == "4.5.6"


def test_metadata_above_a_megabyte_declares_none() -> None:
    text = b'{"version": "1.2.3", "x": "' + b"x" * bounded.METADATA_BYTES + b'"}'
    assert declared("demo.tgz", tar_gz({"package/package.json": text})) is None


def test_a_tar_bomb_in_front_of_the_metadata_declares_none() -> None:
    data = tar_gz({"demo/zeros": bytes(bounded.TAR_BYTES), "demo/PKG-INFO": METADATA})
    assert declared("demo.tar.gz", data) is None


def test_a_large_source_archive_declares_what_its_beginning_says() -> None:
    data = tar_gz({"demo/package.json": PACKAGE_JSON, "demo/zeros": bytes(bounded.TAR_BYTES)})
    assert declared("demo.tar.gz", data) == "4.5.6"


@pytest.mark.parametrize("folder", ["demo", "package"])
def test_a_million_empty_entries_end_after_the_first_ones(folder: str) -> None:
    entry = tarfile.TarInfo(f"{folder}/empty").tobuf(tarfile.USTAR_FORMAT)
    data = gzip.compress(entry * 1_000) * 1_000
    started = time.thread_time()
    assert declared_version("demo.tar.gz", io.BytesIO(data), len(data), lambda: 0.0) is None
    assert time.thread_time() - started < 5


def test_the_last_allowed_entry_is_still_read_and_the_next_one_is_not() -> None:
    for files, version in ((bounded.TAR_ENTRIES - 1, "1.2.3"), (bounded.TAR_ENTRIES, None)):
        data = many_then(files, 0, "demo", {"demo/PKG-INFO": METADATA})
        assert declared_version("demo.tar.gz", io.BytesIO(data), len(data), lambda: 0.0) == version


def test_many_gzip_members_are_one_stream() -> None:
    data = tarred({"demo/x": b"x" * 5000, "demo/PKG-INFO": METADATA})
    members = [gzip.compress(data[start : start + 700]) for start in range(0, len(data), 700)]
    assert declared("demo.tar.gz", b"".join(members)) == "1.2.3"


def test_a_flood_of_empty_gzip_members_ends_in_time() -> None:
    clock = itertools.count(step=0.001)
    blob = io.BytesIO(gzip.compress(b"") * 50_000)
    assert declared_version("demo.tar.gz", blob, 1_000_000, lambda: next(clock)) is None
    assert next(clock) < 2.1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:300],
        lambda data: data[:600],
        lambda data: b"\x01" + data[1:],
        lambda data: data[:124] + b"9" * 12 + data[136:],
        lambda data: data[:124] + b"\x80" + b"\xff" * 11 + data[136:],
        lambda _: b"x" * 1024,
    ],
)
def test_a_damaged_tar_declares_none(damage: Callable[[bytes], bytes]) -> None:
    assert declared("demo.tar.gz", gzip.compress(damage(tarred({"demo/PKG-INFO": METADATA})))) is None


def test_every_truncation_of_a_package_declares_its_version_or_none() -> None:
    data = npm()
    answers = {declared("demo.tgz", data[:length]) for length in range(len(data))}
    assert answers <= {None, "1.2.3"}
    assert None in answers
