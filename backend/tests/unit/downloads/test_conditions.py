"""Conditional downloads: nothing is sent that the client has, nothing that it does not want."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.unit.downloads.conftest import Stored

OTHER = f'"{"0" * 64}"'


def get(shop: Workshop, **headers: str) -> Answer:
    return shop.download("stable", headers={name.replace("_", "-"): value for name, value in headers.items()})


def dated(shop: Workshop, **shift: int) -> str:
    """Return the date of the download, shifted."""
    date = parsedate_to_datetime(shop.download("stable").headers["Last-Modified"])
    return format_datetime(date + timedelta(**shift), usegmt=True)


class TestIfNoneMatch:
    @pytest.mark.parametrize("given", ["{etag}", "W/{etag}", OTHER + ", {etag}", "{etag}," + OTHER, "*"])
    def test_given_bytes_that_the_client_has_then_304_without_a_body(
        self, shop: Workshop, stored: Stored, given: str
    ) -> None:
        answer = get(shop, If_None_Match=given.format(etag=stored.etag))

        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == stored.etag
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Vary"] == "Authorization, Cookie"

    @pytest.mark.parametrize("given", [OTHER, f"W/{OTHER}", '""', '"nonsense", "more"'])
    def test_given_other_bytes_then_200_with_these(self, shop: Workshop, stored: Stored, given: str) -> None:
        answer = get(shop, If_None_Match=given)

        assert (answer.status, answer.body) == (200, stored.data)

    def test_given_a_date_too_then_the_etag_alone_decides(self, shop: Workshop, stored: Stored) -> None:
        assert get(shop, If_None_Match=OTHER, If_Modified_Since=dated(shop, days=1)).status == 200
        assert get(shop, If_None_Match=stored.etag, If_Modified_Since=dated(shop, days=-1)).status == 304

    def test_given_a_range_too_then_304_comes_first(self, shop: Workshop, stored: Stored) -> None:
        assert get(shop, If_None_Match=stored.etag, Range="bytes=0-9").status == 304

    def test_given_a_moved_tag_then_the_old_etag_gets_the_new_bytes(
        self, shop: Workshop, stored: Stored
    ) -> None:
        shop.upload(b"new bytes", tag="stable").ok()

        assert get(shop, If_None_Match=stored.etag).body == b"new bytes"

    def test_given_no_right_to_read_then_a_known_etag_does_not_help(
        self, shop: Workshop, stored: Stored
    ) -> None:
        headers = {"If-None-Match": stored.etag}

        assert shop.stranger.get(shop.url("/+/stable"), headers=headers).status == 404
        assert shop.anonymous.get(shop.url("/+/stable"), headers=headers).status == 401


class TestIfModifiedSince:
    @pytest.mark.parametrize("shift", [{"seconds": 0}, {"days": 1}])
    @pytest.mark.usefixtures("stored")
    def test_given_no_change_since_then_304(self, shop: Workshop, shift: dict[str, int]) -> None:
        assert get(shop, If_Modified_Since=dated(shop, **shift)).status == 304

    def test_given_a_change_since_then_200(self, shop: Workshop, stored: Stored) -> None:
        answer = get(shop, If_Modified_Since=dated(shop, seconds=-1))

        assert (answer.status, answer.body) == (200, stored.data)

    def test_given_no_date_at_all_then_it_is_ignored(self, shop: Workshop, stored: Stored) -> None:
        answer = get(shop, If_Modified_Since="yesterday")

        assert (answer.status, answer.body) == (200, stored.data)


class TestIfMatch:
    @pytest.mark.parametrize("given", ["{etag}", OTHER + ", {etag}", "*"])
    def test_given_the_bytes_that_the_client_wants_then_200(
        self, shop: Workshop, stored: Stored, given: str
    ) -> None:
        answer = get(shop, If_Match=given.format(etag=stored.etag))

        assert (answer.status, answer.body) == (200, stored.data)

    @pytest.mark.parametrize("given", [OTHER, "W/{etag}", f"{OTHER}, {OTHER}"])
    def test_given_other_bytes_or_a_weak_etag_then_412_shows_what_there_is(
        self, shop: Workshop, stored: Stored, given: str
    ) -> None:
        answer = get(shop, If_Match=given.format(etag=stored.etag))

        assert (answer.status, answer.reason) == (412, "precondition_failed")
        assert answer.data["current"] == stored.digest

    def test_given_a_range_too_then_412_comes_first(self, shop: Workshop, stored: Stored) -> None:
        assert get(shop, If_Match=OTHER, Range="bytes=0-9").status == 412
        assert get(shop, If_Match=stored.etag, Range="bytes=0-9").body == stored.data[:10]


class TestIfUnmodifiedSince:
    @pytest.mark.parametrize("shift", [{"seconds": 0}, {"days": 1}])
    def test_given_no_change_since_then_200(
        self, shop: Workshop, stored: Stored, shift: dict[str, int]
    ) -> None:
        answer = get(shop, If_Unmodified_Since=dated(shop, **shift))

        assert (answer.status, answer.body) == (200, stored.data)

    @pytest.mark.usefixtures("stored")
    def test_given_a_change_since_then_412(self, shop: Workshop) -> None:
        assert get(shop, If_Unmodified_Since=dated(shop, seconds=-1)).status == 412

    def test_given_an_etag_too_then_the_etag_alone_decides(self, shop: Workshop, stored: Stored) -> None:
        assert get(shop, If_Match=stored.etag, If_Unmodified_Since=dated(shop, days=-1)).status == 200

    @pytest.mark.usefixtures("stored")
    def test_given_no_date_at_all_then_it_is_ignored(self, shop: Workshop) -> None:
        assert get(shop, If_Unmodified_Since="tomorrow").status == 200
