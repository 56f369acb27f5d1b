"""A client that lost the answer sends again: a key adds nothing, without one the names are the same."""

import pytest

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.registry import Workshop

DATA = b"the bytes that are sent twice"


def put(shop: Workshop, key: str | None = "one", *, who: str = "writer", **changes: str) -> Answer:
    """Send the same request unless something is changed."""
    headers = {} if key is None else {"Idempotency-Key": key}
    names = {"tag": "stable", "version": "1.0.0", **changes}
    filename, data = names.pop("filename", "app.bin"), names.pop("data", "").encode() or DATA
    client = getattr(shop, who)
    answer: Answer = client.put(shop.url(f"/upload/{filename}"), data, query=names, headers=headers)
    return answer


class TestWithKey:
    def test_given_the_same_request_then_the_same_answer(self, shop: Workshop) -> None:
        first, second = put(shop).ok(), put(shop).ok()

        assert second.data == first.data

    def test_given_the_same_request_many_times_then_one_upload_and_one_move_of_the_tag(
        self, shop: Workshop
    ) -> None:
        for _ in range(4):
            put(shop).ok()

        assert len(shop.reader.get(shop.url("/uploads")).items) == 1
        assert len(shop.reader.get(shop.url("/tags/stable/history")).items) == 1
        assert shop.reader.get(f"/api/v1/artifact/{sha256(DATA)}").data["ref_count"] == 2

    def test_given_a_retry_after_the_tag_moved_on_then_the_tag_stays_where_it_is(
        self, shop: Workshop
    ) -> None:
        put(shop).ok()
        shop.upload(b"newer", tag="stable").ok()

        put(shop).ok()

        assert shop.download("stable").body == b"newer"

    @pytest.mark.parametrize(
        "change", [{"tag": "other"}, {"version": "2.0.0"}, {"filename": "other.bin"}, {"data": "other bytes"}]
    )
    def test_given_another_request_under_the_same_key_then_422_and_nothing_changes(
        self, shop: Workshop, change: dict[str, str]
    ) -> None:
        put(shop).ok()

        answer = put(shop, **change)

        assert (answer.status, answer.reason) == (422, "idempotency_key_reused")
        assert len(shop.reader.get(shop.url("/uploads")).items) == 1
        assert shop.download("stable").body == DATA

    def test_given_the_same_key_for_another_package_then_422(self, shop: Workshop) -> None:
        put(shop).ok()
        url = shop.url("/upload/app.bin", package=shop.new_package())

        answer = shop.writer.put(
            url, DATA, query={"tag": "stable", "version": "1.0.0"}, headers={"Idempotency-Key": "one"}
        )

        assert (answer.status, answer.reason) == (422, "idempotency_key_reused")

    def test_given_two_keys_then_two_uploads(self, shop: Workshop) -> None:
        assert put(shop, "one").ok().data["id"] != put(shop, "two").ok().data["id"]

    def test_given_two_people_with_the_same_key_then_two_uploads(self, shop: Workshop) -> None:
        mine, theirs = put(shop, who="writer").ok(), put(shop, who="owner").ok()

        assert mine.data["id"] != theirs.data["id"]

    def test_given_a_refused_request_then_its_key_is_not_used_up(self, shop: Workshop) -> None:
        shop.upload(b"taken", version="1.0.0").ok()
        assert put(shop).status == 409

        assert put(shop, version="2.0.0").ok().data["version"] == "2.0.0"

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "sch\u00f6n"])
    def test_given_a_key_in_a_wrong_format_then_400_and_nothing_is_accepted(
        self, shop: Workshop, key: str
    ) -> None:
        answer = put(shop, key)

        assert (answer.status, answer.reason) == (400, "malformed")
        assert shop.reader.get(shop.url("/uploads")).items == []

    def test_given_the_rights_are_gone_then_a_retry_is_refused(self, shop: Workshop) -> None:
        put(shop).ok()
        member = f"/api/v1/project/{shop.project}/members/{shop.people['writer'].id}"
        shop.owner.delete(member).ok()

        assert put(shop).status == 404


class TestWithoutKey:
    def test_given_the_same_request_then_the_same_artifact_tag_and_version(self, shop: Workshop) -> None:
        first, second = put(shop, None).ok(), put(shop, None).ok()

        for name in ("artifact_id", "tag", "version", "version_source", "ref_count"):
            assert second.data[name] == first.data[name]

    def test_given_the_same_request_then_the_tag_did_not_move_again(self, shop: Workshop) -> None:
        put(shop, None).ok()
        put(shop, None).ok()

        assert len(shop.reader.get(shop.url("/tags/stable/history")).items) == 1
        assert len(shop.reader.get(shop.url("/versions")).items) == 1
