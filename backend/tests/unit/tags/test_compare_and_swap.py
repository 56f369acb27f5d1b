"""A tag moves only from where its mover expects it: If-Match and If-None-Match (RFC 9110, 13.1)."""

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.support.shared_app import once

ONE, TWO = b"the first bytes", b"the second bytes"
AT_ONE, AT_TWO, ELSEWHERE = f'"{sha256(ONE)}"', f'"{sha256(TWO)}"', f'"{"0" * 64}"'


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with two versions; the tag `stable` points at the first."""

    def fill() -> Workshop:
        shop.upload(ONE, version="1.0", tag="stable").ok()
        shop.upload(TWO, version="2.0").ok()
        return shop

    return once(app, "package to swap in", fill)


def move(shop: Workshop, tag: str, **headers: str) -> Answer:
    """Point a tag at version 2.0 under a condition."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.writer.request("PUT", shop.url(f"/tags/{tag}"), json={"version": "2.0"}, headers=named)


class TestIfMatch:
    @pytest.mark.parametrize("expected", [AT_ONE, f"{ELSEWHERE}, {AT_ONE}", "*"])
    def test_given_the_tag_is_where_it_is_expected_then_it_moves(
        self, package: Workshop, expected: str
    ) -> None:
        assert move(package, "stable", If_Match=expected).ok().data["previous"] == sha256(ONE)
        assert package.download("stable").body == TWO

    @pytest.mark.parametrize("expected", [AT_TWO, ELSEWHERE, f"{ELSEWHERE}, {AT_TWO}"])
    def test_given_the_tag_is_elsewhere_then_412_shows_where_and_it_stays(
        self, package: Workshop, expected: str
    ) -> None:
        answer = move(package, "stable", If_Match=expected)

        assert (answer.status, answer.reason) == (412, "precondition_failed")
        assert answer.data["current"] == sha256(ONE)
        assert package.download("stable").body == ONE
        assert len(package.reader.get(package.url("/tags/stable/history")).items) == 1

    @pytest.mark.parametrize("expected", [AT_ONE, "*"])
    def test_given_no_such_tag_then_412_shows_nothing_and_none_is_made(
        self, package: Workshop, expected: str
    ) -> None:
        answer = move(package, "absent", If_Match=expected)

        assert (answer.status, answer.data["current"]) == (412, None)
        assert package.download("tag:absent").status == 404

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "malformed", ["", "nonsense", '"abc"', f'"{"A" * 64}"', f"{AT_ONE},", f"W/{AT_ONE}"]
    )
    def test_given_no_artifact_id_then_400_and_it_stays(self, package: Workshop, malformed: str) -> None:
        assert move(package, "stable", If_Match=malformed).status == 400
        assert package.download("stable").body == ONE

    def test_given_two_movers_from_one_place_then_the_second_is_told(self, package: Workshop) -> None:
        seen = package.reader.get(package.url("/tags/stable")).headers["ETag"]

        first = move(package, "stable", If_Match=seen)
        second = move(package, "stable", If_Match=seen)

        assert (first.status, second.status) == (200, 412)
        assert second.data["current"] == sha256(TWO)


class TestIfNoneMatch:
    def test_given_no_such_tag_then_it_is_made(self, package: Workshop) -> None:
        assert move(package, "new", If_None_Match="*").ok().data["previous"] is None
        assert package.download("new").body == TWO

    def test_given_the_tag_exists_then_412_shows_where_it_is_and_it_stays(self, package: Workshop) -> None:
        answer = move(package, "stable", If_None_Match="*")

        assert (answer.status, answer.data["current"]) == (412, sha256(ONE))
        assert package.download("stable").body == ONE

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("malformed", [AT_ONE, "", "nonsense"])
    def test_given_anything_but_a_star_then_400(self, package: Workshop, malformed: str) -> None:
        assert move(package, "stable", If_None_Match=malformed).status == 400


class TestDelete:
    def test_given_the_tag_is_where_it_is_expected_then_it_goes(self, package: Workshop) -> None:
        answer = package.writer.delete(package.url("/tags/stable"), headers={"If-Match": AT_ONE})

        assert answer.status == 204
        assert package.download("tag:stable").status == 404

    def test_given_the_tag_is_elsewhere_then_412_shows_where_and_it_stays(self, package: Workshop) -> None:
        answer = package.writer.delete(package.url("/tags/stable"), headers={"If-Match": AT_TWO})

        assert (answer.status, answer.data["current"]) == (412, sha256(ONE))
        assert package.download("stable").body == ONE
