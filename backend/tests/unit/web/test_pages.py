"""Lists page by page: a cursor fits its own list only, and turning pages neither skips nor repeats."""

import base64
import hashlib
import json
from typing import Any

import pytest

from tests.support.client import ApiClient
from tests.unit.web.conftest import Shelf
from wxcloudrun.kit.paging import Page

NUMBERS = "/probe/numbers"
WORDS = "/probe/words"


def walk(client: ApiClient, url: str, **query: Any) -> list[Any]:
    """Turn every page and return what stood on them."""
    seen: list[Any] = []
    while True:
        answer = client.get(url, query=query).ok()
        seen += [row["value"] for row in answer.items]
        if answer.data["next_cursor"] is None:
            return seen
        query["cursor"] = answer.data["next_cursor"]


def forged(url: str, after: Any) -> str:
    """Return a cursor as somebody could write it who knows how they are made; they are no secret."""
    fingerprint = hashlib.sha256(json.dumps([url, []]).encode()).hexdigest()[:16]
    plain = json.dumps([fingerprint, after])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


class TestWalking:
    @pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 200])
    def test_every_row_is_seen_once_and_in_order(self, probing: ApiClient, limit: int) -> None:
        assert walk(probing, NUMBERS, limit=limit) == [1, 2, 3, 4, 5, 6, 7]

    def test_the_last_page_has_no_next_one(self, probing: ApiClient) -> None:
        answer = probing.get(NUMBERS, query={"limit": 7}).ok()

        assert len(answer.items) == 7
        assert answer.data["next_cursor"] is None

    def test_an_empty_list_is_a_page(self, probing: ApiClient, shelf: Shelf) -> None:
        shelf.numbers.clear()

        assert probing.get(NUMBERS).ok().data == {"items": [], "next_cursor": None}

    def test_rows_that_come_and_go_meanwhile_make_no_other_row_come_twice_or_never(
        self, probing: ApiClient, shelf: Shelf
    ) -> None:
        first = probing.get(NUMBERS, query={"limit": 3}).ok()
        shelf.numbers += [0, 8]
        shelf.numbers.remove(2)
        shelf.numbers.remove(3)

        rest = walk(probing, NUMBERS, limit=3, cursor=first.data["next_cursor"])

        assert [row["value"] for row in first.items] + rest == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_the_limit_may_change_from_page_to_page(self, probing: ApiClient) -> None:
        first = probing.get(NUMBERS, query={"limit": 2}).ok()

        assert walk(probing, NUMBERS, limit=4, cursor=first.data["next_cursor"]) == [3, 4, 5, 6, 7]

    def test_a_list_in_the_order_of_names_works_the_same_way(self, probing: ApiClient) -> None:
        assert walk(probing, WORDS, limit=1) == ["a", "b", "c"]

    def test_real_lists_behave_like_that_while_rows_are_added(self, probe_owner: ApiClient) -> None:
        for number in range(5):
            probe_owner.post("/api/v1/projects", {"name": f"p{number}"}).ok()
        first = probe_owner.get("/api/v1/projects", query={"limit": 2}).ok()
        probe_owner.post("/api/v1/projects", {"name": "a-late-one"}).ok()
        probe_owner.post("/api/v1/projects", {"name": "p2-and-a-half"}).ok()
        second = probe_owner.get(
            "/api/v1/projects", query={"limit": 200, "cursor": first.data["next_cursor"]}
        ).ok()

        names = [row["name"] for page in (first, second) for row in page.items]
        assert names == ["p0", "p1", "p2", "p2-and-a-half", "p3", "p4"]


class TestLimits:
    @pytest.mark.parametrize("limit", ["0", "-1", "201", "1e3", "x", "", "99999999999999999999999"])
    def test_a_limit_out_of_bounds_is_refused(self, probing: ApiClient, limit: str) -> None:
        answer = probing.get(NUMBERS, query={"limit": limit})

        assert answer.status == 422
        assert [error["field"] for error in answer.data["errors"]] == ["limit"]

    def test_without_a_limit_it_is_fifty(self, probing: ApiClient, shelf: Shelf) -> None:
        shelf.numbers = list(range(1, 101))

        assert len(probing.get(NUMBERS).ok().items) == 50


class TestCursors:
    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "!!!!",
            "ä",
            "a" * 2001,
            "bnVsbA",
            "W10",
            "e30",
            base64.urlsafe_b64encode(b"[" * 1000).decode(),
            base64.urlsafe_b64encode(b'["a", 1, 2]').decode(),
            base64.urlsafe_b64encode(b'["a", "\xff"]').decode(),
            forged(NUMBERS, None),
            forged(NUMBERS, "1"),
            forged(NUMBERS, True),
            forged(NUMBERS, 1.5),
            forged(NUMBERS, [1]),
            forged(NUMBERS, {"a": 1}),
            forged(NUMBERS, -1),
            forged(NUMBERS, 2**63),
            forged(NUMBERS, 10**400),
        ],
        ids=lambda cursor: cursor[:30],
    )
    def test_garbage_is_refused(self, probing: ApiClient, cursor: str) -> None:
        answer = probing.get(NUMBERS, query={"cursor": cursor})

        assert answer.status == 422
        assert [error["field"] for error in answer.data["errors"]] == ["cursor"]

    def test_the_largest_number_that_a_database_holds_is_an_end_like_any_other(
        self, probing: ApiClient
    ) -> None:
        assert probing.get(NUMBERS, query={"cursor": forged(NUMBERS, 2**63 - 1)}).ok().items == []

    @pytest.mark.parametrize("after", ["\ud800", "\x00", "a" * 129, "ä", "\U0001f600"], ids=ascii)
    def test_a_text_that_no_name_can_be_never_reaches_the_database(
        self, probe_owner: ApiClient, after: str
    ) -> None:
        """MySQL refuses to compare a name with it, and a lone surrogate cannot even be sent."""
        url = "/api/v1/projects"

        answer = probe_owner.get(url, query={"cursor": forged(url, after)})

        assert answer.status == 422

    def test_a_cursor_of_another_list_is_refused(self, probing: ApiClient) -> None:
        cursor = probing.get(NUMBERS, query={"limit": 1}).ok().data["next_cursor"]

        assert probing.get("/probe/more-numbers", query={"cursor": cursor}).status == 422

    @pytest.mark.parametrize("changed", [{"colour": "red"}, {"colour": ""}, {}])
    def test_a_cursor_of_another_filter_is_refused(self, probing: ApiClient, changed: dict[str, str]) -> None:
        cursor = probing.get(NUMBERS, query={"limit": 1, "colour": "blue"}).ok().data["next_cursor"]

        assert probing.get(NUMBERS, query={"cursor": cursor, "colour": "blue"}).status == 200
        assert probing.get(NUMBERS, query={"cursor": cursor, **changed}).status == 422


def test_a_page_is_cut_from_one_row_more_than_it_holds() -> None:
    assert Page.cut([1, 2, 3], 2, lambda row: row) == Page([1, 2], 2)
    assert Page.cut([1, 2], 2, lambda row: row) == Page([1, 2], None)
    assert Page.cut([], 2, lambda row: row) == Page([], None)
