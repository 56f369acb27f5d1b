"""The uploads of a package: newest first, page by page; only a bare one can be let go."""

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.registry import Workshop
from tests.support.shared_app import once


@pytest.fixture
def five(app: Flask, shop: Workshop) -> list[int]:
    """The ids of five uploads, newest first."""

    def fill() -> list[int]:
        return [shop.upload(f"bytes {n}".encode(), f"{n}.bin").ok().data["id"] for n in range(5)][::-1]

    return once(app, "five uploads", fill)


class TestList:
    def test_given_no_uploads_then_the_list_is_empty(self, shop: Workshop) -> None:
        assert shop.reader.get(shop.url("/uploads")).data == {"items": [], "next_cursor": None}

    def test_given_uploads_then_the_newest_comes_first(self, shop: Workshop, five: list[int]) -> None:
        assert [each["id"] for each in shop.reader.get(shop.url("/uploads")).items] == five

    def test_given_an_upload_then_the_list_says_who_put_in_what(self, shop: Workshop) -> None:
        made = shop.upload(b"bytes", "app.zip", tag="stable", version="1.0").ok().data

        (listed,) = shop.reader.get(shop.url("/uploads")).items

        assert listed == {
            **{name: made[name] for name in listed if name != "created_by"},
            "created_by": shop.people["writer"].username,
        }
        assert (listed["artifact_id"], listed["size"]) == (sha256(b"bytes"), 5)
        assert (listed["original_name"], listed["content_type"]) == ("app.zip", "application/zip")

    @pytest.mark.parametrize("limit", [1, 2, 4, 5, 200])
    def test_given_any_page_size_then_every_upload_comes_exactly_once(
        self, shop: Workshop, five: list[int], limit: int
    ) -> None:
        found: list[int] = []
        query: dict[str, str | int] = {"limit": limit}
        while True:
            page = shop.reader.get(shop.url("/uploads"), query=query).ok()
            assert len(page.items) <= limit
            found += [each["id"] for each in page.items]
            if page.data["next_cursor"] is None:
                break
            query["cursor"] = page.data["next_cursor"]

        assert found == five

    def test_given_a_new_upload_between_two_pages_then_nothing_comes_twice(
        self, shop: Workshop, five: list[int]
    ) -> None:
        first = shop.reader.get(shop.url("/uploads"), query={"limit": 2}).ok()
        shop.upload(b"newer").ok()

        query = {"limit": 200, "cursor": first.data["next_cursor"]}
        assert [each["id"] for each in shop.reader.get(shop.url("/uploads"), query=query).items] == five[2:]

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5", ""])
    def test_given_a_limit_out_of_bounds_then_422_names_it(self, shop: Workshop, limit: str) -> None:
        answer = shop.reader.get(shop.url("/uploads"), query={"limit": limit})

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "limit")

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24", "WzEsMl0", "é", "A" * 3000])
    def test_given_a_cursor_of_nobody_then_422_names_it(self, shop: Workshop, cursor: str) -> None:
        answer = shop.reader.get(shop.url("/uploads"), query={"cursor": cursor})

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "cursor")

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("rest", ["/tags", "/versions"])
    @pytest.mark.usefixtures("five")
    def test_given_a_cursor_of_another_list_then_422(self, shop: Workshop, rest: str) -> None:
        cursor = shop.reader.get(shop.url("/uploads"), query={"limit": 2}).data["next_cursor"]

        assert shop.reader.get(shop.url(rest), query={"cursor": cursor}).status == 422

    @pytest.mark.usefixtures("five")
    def test_given_a_cursor_of_another_package_then_422(self, shop: Workshop) -> None:
        cursor = shop.reader.get(shop.url("/uploads"), query={"limit": 2}).data["next_cursor"]
        other = shop.url("/uploads", package=shop.new_package())

        assert shop.reader.get(other, query={"cursor": cursor}).status == 422

    @pytest.mark.same_everywhere
    def test_given_an_unknown_parameter_then_422(self, shop: Workshop) -> None:
        assert shop.reader.get(shop.url("/uploads"), query={"page": "2"}).status == 422

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 200)])
    def test_given_a_private_project_then_only_members_see_the_list(
        self, shop: Workshop, who: str, status: int
    ) -> None:
        assert getattr(shop, who).get(shop.url("/uploads")).status == status

    def test_given_a_public_project_then_everybody_sees_the_list(self, public_shop: Workshop) -> None:
        public_shop.upload(b"bytes").ok()

        assert len(public_shop.anonymous.get(public_shop.url("/uploads")).ok().items) == 1


class TestDelete:
    def test_given_a_bare_upload_then_it_goes_and_its_bytes_with_it(self, shop: Workshop) -> None:
        made = shop.upload(b"bytes", "plain.bin").ok().data

        assert shop.maintainer.delete(shop.url(f"/uploads/{made['id']}")).status == 204

        assert shop.reader.get(shop.url("/uploads")).items == []
        assert shop.download(f"artifact:{made['artifact_id']}").status == 404
        assert shop.reader.get(f"/api/v1/artifact/{made['artifact_id']}").status == 404

    def test_given_an_upload_whose_detected_version_was_taken_then_it_is_bare_and_can_go(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"first", version="1.2.3").ok()
        bare = shop.upload(b"other", "app-1.2.3.bin").ok().data["id"]

        assert shop.maintainer.delete(shop.url(f"/uploads/{bare}")).status == 204

    @pytest.mark.parametrize("names", [{"tag": "t"}, {"version": "1.0"}, {"tag": "t", "version": "1.0"}])
    def test_given_an_upload_that_made_a_name_then_409_says_which(
        self, shop: Workshop, names: dict[str, str]
    ) -> None:
        made = shop.upload(b"bytes", **names).ok().data["id"]

        answer = shop.maintainer.delete(shop.url(f"/uploads/{made}"))

        assert (answer.status, answer.reason) == (409, "conflict")
        assert answer.data == {"reason": "conflict", "tag": None, "version": None, **names}
        assert all(name in answer.msg for name in names.values())
        assert len(shop.reader.get(shop.url("/uploads")).items) == 1

    @pytest.mark.parametrize("names", [{"tag": "t"}, {"version": "1.0"}, {"tag": "t", "version": "1.0"}])
    def test_given_what_the_refusal_says_was_done_then_the_upload_goes(
        self, shop: Workshop, names: dict[str, str]
    ) -> None:
        made = shop.upload(b"bytes", **names).ok().data["id"]
        for _ in range(3):
            answer = shop.maintainer.delete(shop.url(f"/uploads/{made}"))
            if answer.status == 204:
                break
            for kind in ("tag", "version"):
                if answer.data[kind] is not None:
                    shop.maintainer.delete(shop.url(f"/{kind}s/{answer.data[kind]}")).ok()

        assert answer.status == 204
        assert shop.reader.get(shop.url("/uploads")).items == []

    def test_given_a_tag_that_has_moved_away_then_the_upload_that_made_it_goes(self, shop: Workshop) -> None:
        first = shop.upload(b"first", tag="t").ok().data["id"]
        shop.upload(b"second", tag="t").ok()

        assert shop.maintainer.delete(shop.url(f"/uploads/{first}")).status == 204
        assert shop.download("t").body == b"second"

    def test_given_a_name_that_came_back_then_only_what_is_its_bytes_holds_the_upload(
        self, shop: Workshop
    ) -> None:
        first = shop.upload(b"bytes", tag="t", version="1.0").ok().data["id"]
        shop.maintainer.delete(shop.url("/versions/1.0")).ok()
        shop.writer.delete(shop.url("/tags/t")).ok()
        shop.upload(b"other", tag="t").ok()
        again = shop.upload(b"bytes", version="1.0").ok().data["id"]

        for made in (first, again):
            refused = shop.maintainer.delete(shop.url(f"/uploads/{made}"))
            assert (refused.status, refused.data["tag"], refused.data["version"]) == (409, None, "1.0")

    def test_given_an_upload_that_is_gone_then_404(self, shop: Workshop) -> None:
        made = shop.upload(b"bytes").ok().data["id"]
        shop.maintainer.delete(shop.url(f"/uploads/{made}")).ok()

        assert shop.maintainer.delete(shop.url(f"/uploads/{made}")).status == 404

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("number", ["0", "999999", "-1", "x", "1e3", "9" * 30, "\u0661", "%00", "1.0"])
    def test_given_an_id_that_is_none_then_404(self, shop: Workshop, number: str) -> None:
        assert shop.maintainer.delete(shop.url(f"/uploads/{number}")).status == 404

    def test_given_the_upload_of_another_package_then_404_and_it_stays(self, shop: Workshop) -> None:
        made = shop.upload(b"bytes").ok().data["id"]
        elsewhere = shop.url(f"/uploads/{made}", package=shop.new_package())

        assert shop.maintainer.delete(elsewhere).status == 404
        assert len(shop.reader.get(shop.url("/uploads")).items) == 1

    @pytest.mark.parametrize(
        ("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403), ("maintainer", 204)]
    )
    def test_given_a_caller_then_the_role_decides(self, shop: Workshop, who: str, status: int) -> None:
        made = shop.upload(b"bytes").ok().data["id"]

        assert getattr(shop, who).delete(shop.url(f"/uploads/{made}")).status == status
