"""What a package says of itself stands beside its version and its files in our own API, for who may read."""

import pytest

from tests.support.python_index import PythonDistribution, PythonIndex, core_metadata, sdist_of, wheel_of
from tests.support.registry import Workshop
from tests.unit.formats.samples import tar_gz
from wxcloudrun.formats.said_inside import (
    MOST_DEPENDENCIES,
    README_CHARACTERS,
    SaidInside,
    said_in_core_metadata,
    said_in_package_json,
)

PACKAGE = "pypi:hello-h7"
WHEEL = wheel_of(
    requires_python=">=3.8", requires_dist="other>=2; extra == 'x'", summary="Says hello",
    description_content_type="text/markdown",
)  # fmt: skip
SAID = {
    "summary": "Says hello",
    "requires": ">=3.8",
    "dependencies": ["other>=2; extra == 'x'"],
    "readme": "A README.\n",
    "readme_type": "text/markdown",
    "readme_is_whole": True,
}


def sdist_with(metadata: bytes) -> PythonDistribution:
    """Return a source distribution with these metadata."""
    return PythonDistribution(
        "hello_h7-1.0.tar.gz", tar_gz({"hello_h7-1.0/PKG-INFO": metadata}), sdist_of().fields
    )


def test_given_a_published_file_then_its_version_and_it_show_what_it_says(
    index: PythonIndex, shop: Workshop
) -> None:
    index.publish(WHEEL).ok()
    index.publish(sdist_of(summary="another sentence")).ok()
    version = shop.url("/versions/1.0", package=PACKAGE)

    assert shop.reader.get(version).ok().data["said"] == SAID
    file = shop.reader.get(f"{version}/files/{WHEEL.filename}").ok().data
    assert (file["said"], file["sha256"], file["size"]) == (SAID, WHEEL.digest, len(WHEEL.data))
    other = shop.reader.get(f"{version}/files/{sdist_of().filename}").ok().data["said"]
    assert (other["summary"], other["requires"], other["dependencies"]) == ("another sentence", None, [])
    assert "said" not in shop.reader.get(f"{version}/files").ok().items[0]
    assert shop.writer.patch(version, {"yanked": "why"}).ok().data["said"] == SAID
    assert shop.writer.post(f"{version}/seal").ok().data["said"] == SAID


def test_given_somebody_who_may_not_read_then_they_learn_nothing(index: PythonIndex, shop: Workshop) -> None:
    index.publish(WHEEL).ok()
    for rest in ("/versions/1.0", f"/versions/1.0/files/{WHEEL.filename}"):
        url = shop.url(rest, package=PACKAGE)

        assert (shop.stranger.get(url).status, shop.anonymous.get(url).status) == (404, 401)


def test_given_a_file_that_says_nothing_then_null(index: PythonIndex, shop: Workshop) -> None:
    index.publish(WHEEL).ok()
    shop.upload(b"bytes", version="1.0").ok()
    shop.writer.put(shop.url("/upload/notes.txt", package=PACKAGE), b"text", query={"version": "2.0"}).ok()

    assert shop.reader.get(shop.url("/versions/1.0")).ok().data["said"] is None
    assert shop.reader.get(shop.url("/versions/2.0", package=PACKAGE)).ok().data["said"] is None
    file = shop.url("/versions/2.0/files/notes.txt", package=PACKAGE)
    assert shop.reader.get(file).ok().data["said"] is None
    for absent in ("/versions/2.0/files/other.txt", "/versions/3.0/files/notes.txt", "/versions/ /files/x"):
        assert shop.reader.get(shop.url(absent, package=PACKAGE)).status == 404


@pytest.mark.parametrize("readme", [b"caf\xe9 \xff\xfe", "逆 \u202e\x00 text".encode(), b"x" * 300_000])
def test_given_a_readme_of_any_bytes_then_the_answer_is_sound(
    index: PythonIndex, shop: Workshop, readme: bytes
) -> None:
    index.publish(sdist_with(core_metadata("Hello_H7", "1.0") + readme)).ok()

    said = shop.reader.get(shop.url("/versions/1.0", package=PACKAGE)).ok().data["said"]

    assert len(said["readme"] or "") <= README_CHARACTERS
    assert said["readme_is_whole"] is (len(readme) < README_CHARACTERS)


def test_given_more_dependencies_than_anybody_reads_then_the_first_are_shown() -> None:
    many = b"".join(b"Requires-Dist: a%d\n" % number for number in range(MOST_DEPENDENCIES + 1))

    said = said_in_core_metadata(b"Name: a\nVersion: 1\n" + many)

    assert len(said.dependencies) == MOST_DEPENDENCIES


def test_given_a_package_json_then_it_is_read_as_the_others_are() -> None:
    manifest = b'{"description": "Says", "engines": {"node": ">=20"}, "dependencies":{"@h7/b": "^1", "c": 2}}'

    said = said_in_package_json(manifest).with_readme("# Hello")

    assert said == SaidInside("Says", ">=20", ["@h7/b@^1", "c@2"], "# Hello", "text/markdown")
    for odd in (b"[]", b"{", b'{"dependencies": [], "engines": "x"}', b"[" * 100_000):
        assert said_in_package_json(odd) in (SaidInside(), SaidInside(dependencies=[]))
