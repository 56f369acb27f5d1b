"""Where a tag pointed: every move once, newest first, never rewritten."""

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.registry import Workshop
from tests.support.shared_app import once

ONE, TWO = sha256(b"1.0"), sha256(b"2.0")


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with the versions 1.0 and 2.0, whose bytes are their own names."""

    def fill() -> Workshop:
        for name in ("1.0", "2.0"):
            shop.upload(name.encode(), "x.bin", version=name).ok()
        return shop

    return once(app, "two versions", fill)


def point(shop: Workshop, version: str, who: str = "writer") -> None:
    getattr(shop, who).request("PUT", shop.url("/tags/t"), json={"version": version}).ok()


def moves(shop: Workshop) -> list[tuple[str | None, str | None]]:
    items = shop.reader.get(shop.url("/tags/t/history")).ok().items
    return [(each["previous"], each["artifact_id"]) for each in items]


def test_given_moves_then_each_says_from_where_to_where(package: Workshop) -> None:
    for version in ("1.0", "2.0", "1.0"):
        point(package, version)

    assert moves(package) == [(TWO, ONE), (ONE, TWO), (None, ONE)]


def test_given_a_move_then_it_says_who_and_when(package: Workshop) -> None:
    point(package, "1.0", who="maintainer")

    (entry,) = package.reader.get(package.url("/tags/t/history")).items

    assert set(entry) == {
        "id", "artifact_id", "version", "previous", "previous_version", "moved_at", "moved_by",
    }  # fmt: skip
    assert entry["moved_by"] == package.people["maintainer"].username
    assert entry["moved_at"] == package.reader.get(package.url("/tags/t")).data["updated_at"]


def test_given_a_put_that_changes_nothing_then_the_history_stays(package: Workshop) -> None:
    point(package, "1.0")
    before = package.reader.get(package.url("/tags/t")).data

    point(package, "1.0", who="maintainer")

    assert moves(package) == [(None, ONE)]
    assert package.reader.get(package.url("/tags/t")).data == before


def test_given_an_upload_that_is_sent_again_then_the_history_stays(package: Workshop) -> None:
    for _ in range(3):
        package.upload(b"1.0", "x.bin", tag="t").ok()

    assert moves(package) == [(None, ONE)]


def test_given_an_upload_then_it_is_a_move_like_any_other(package: Workshop) -> None:
    point(package, "1.0")
    package.upload(b"2.0", "x.bin", tag="t").ok()

    assert moves(package) == [(ONE, TWO), (None, ONE)]


def test_given_a_deletion_then_it_is_an_entry_and_the_history_can_still_be_read(package: Workshop) -> None:
    point(package, "1.0")
    package.writer.delete(package.url("/tags/t")).ok()

    assert moves(package) == [(ONE, None), (None, ONE)]


def test_given_a_tag_that_is_made_again_then_its_history_goes_on(package: Workshop) -> None:
    point(package, "1.0")
    package.writer.delete(package.url("/tags/t")).ok()
    point(package, "2.0")

    assert moves(package) == [(None, TWO), (ONE, None), (None, ONE)]


def test_given_history_then_it_keeps_no_artifact_alive(package: Workshop) -> None:
    package.upload(b"old", "x.bin", tag="t").ok()
    point(package, "1.0")

    assert package.download(f"artifact:{sha256(b'old')}").status == 404
    assert moves(package)[0] == (sha256(b"old"), ONE), "the digest stays as text"


def test_given_two_packages_then_each_has_a_history_of_its_own(package: Workshop) -> None:
    point(package, "1.0")
    other = package.new_package()

    assert package.reader.get(package.url("/tags/t/history", package=other)).status == 404


@pytest.mark.parametrize("limit", [1, 2, 5, 200])
def test_given_any_page_size_then_every_move_comes_exactly_once(package: Workshop, limit: int) -> None:
    for version in ("1.0", "2.0") * 3:
        point(package, version)
    found = []
    query: dict[str, str | int] = {"limit": limit}
    while True:
        page = package.reader.get(package.url("/tags/t/history"), query=query).ok()
        found += [each["id"] for each in page.items]
        if page.data["next_cursor"] is None:
            break
        query["cursor"] = page.data["next_cursor"]

    assert len(found) == 6
    assert found == sorted(set(found), reverse=True)
