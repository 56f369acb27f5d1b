"""`GET /api/v1/artifact/{sha256}`: one artifact, as far as the caller may see it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.builders import Person, sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop, workshop

DATA = b"bytes that several packages hold"
URL = f"/api/v1/artifact/{sha256(DATA)}"


@pytest.fixture
def other(client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """Another private project of other people."""
    return workshop(client, make_person)


def names(data: dict[str, Any], kind: str) -> list[tuple[str, str, str]]:
    return [(each["project"], each["package"], each[kind]) for each in data[f"{kind}s"]]


class TestFacts:
    def test_given_an_artifact_then_exactly_the_promised_fields(self, shop: Workshop) -> None:
        shop.upload(DATA, "app.zip", tag="stable", version="1.0").ok()

        data = shop.reader.get(URL).ok().data

        assert data == {
            "id": sha256(DATA),
            "size": len(DATA),
            "md5": hashlib.md5(DATA, usedforsecurity=False).hexdigest(),
            "sha1": hashlib.sha1(DATA, usedforsecurity=False).hexdigest(),
            "sha256": sha256(DATA),
            "content_type": "application/zip",
            "original_name": "app.zip",
            "ref_count": 2,
            "created_at": data["created_at"],
            "created_by": shop.people["writer"].username,
            "tags": [{"project": shop.project, "package": shop.package, "tag": "stable"}],
            "versions": [{"project": shop.project, "package": shop.package, "version": "1.0"}],
        }

    def test_given_a_bare_upload_then_no_names_but_one_reference(self, shop: Workshop) -> None:
        shop.upload(DATA, "plain.bin").ok()

        data = shop.reader.get(URL).ok().data

        assert (data["tags"], data["versions"], data["ref_count"]) == ([], [], 1)

    def test_given_several_packages_of_the_caller_then_all_names_are_listed(self, shop: Workshop) -> None:
        second = shop.new_package()
        shop.upload(DATA, tag="a", version="1.0").ok()
        shop.writer.put(shop.url("/upload/x.bin", package=second), DATA, query={"tag": "b"}).ok()

        data = shop.reader.get(URL).ok().data

        assert set(names(data, "tag")) == {(shop.project, shop.package, "a"), (shop.project, second, "b")}
        assert names(data, "version") == [(shop.project, shop.package, "1.0")]
        assert data["ref_count"] == 3

    def test_given_more_than_a_hundred_names_then_a_hundred_are_listed_and_all_are_counted(
        self, shop: Workshop
    ) -> None:
        shop.upload(DATA, version="1.0").ok()
        for number in range(103):
            shop.writer.request("PUT", shop.url(f"/tags/t{number}"), json={"version": "1.0"}).ok()

        data = shop.reader.get(URL).ok().data

        assert (len(data["tags"]), data["ref_count"]) == (100, 104)


class TestVisibility:
    def test_given_a_foreign_upload_that_is_older_then_name_person_and_time_are_those_of_ones_own(
        self, shop: Workshop, other: Workshop
    ) -> None:
        shop.upload(DATA, "secret-name.txt", tag="secret-tag", version="6.6.6").ok()
        mine = other.upload(DATA, "mine.zip", tag="mine").ok().data

        data = other.reader.get(URL).ok().data

        assert (data["original_name"], data["content_type"]) == ("mine.zip", "application/zip")
        assert (data["created_by"], data["created_at"]) == (
            other.people["writer"].username,
            mine["created_at"],
        )
        assert (data["ref_count"], names(data, "tag"), names(data, "version")) == (
            1,
            [(other.project, other.package, "mine")],
            [],
        )
        assert "secret" not in str(data)

    def test_given_a_public_upload_then_everybody_sees_that_one_only(
        self, shop: Workshop, public_shop: Workshop
    ) -> None:
        shop.upload(DATA, "secret-name.txt", tag="secret-tag").ok()
        public_shop.upload(DATA, "open.zip", tag="open").ok()

        for client in (public_shop.anonymous, public_shop.stranger):
            data = client.get(URL).ok().data
            assert (data["original_name"], data["ref_count"]) == ("open.zip", 1)
            assert "secret" not in str(data)

    def test_given_a_member_of_both_then_both_are_seen(self, shop: Workshop, public_shop: Workshop) -> None:
        shop.upload(DATA, "first.zip", tag="a").ok()
        public_shop.upload(DATA, "second.zip", tag="b").ok()

        data = shop.reader.get(URL).ok().data

        assert (data["ref_count"], data["original_name"]) == (2, "first.zip")

    def test_given_an_administrator_then_everything_is_seen(
        self, shop: Workshop, other: Workshop, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        shop.upload(DATA, tag="a").ok()
        other.upload(DATA, tag="b").ok()

        data = client.as_(make_person("administrator", is_admin=True).token).get(URL).ok().data

        assert {tag for _, _, tag in names(data, "tag")} == {"a", "b"}

    def test_given_a_stranger_then_absent_and_invisible_look_the_same(self, shop: Workshop) -> None:
        absent = shop.stranger.get(URL)
        shop.upload(DATA, tag="a").ok()

        invisible = shop.stranger.get(URL)

        assert (invisible.status, invisible.body) == (404, absent.body)

    def test_given_nobody_then_401_whether_it_exists_or_not(self, shop: Workshop) -> None:
        absent = shop.anonymous.get(URL)
        shop.upload(DATA, tag="a").ok()

        invisible = shop.anonymous.get(URL)

        assert (invisible.status, invisible.body) == (401, absent.body)
        assert invisible.headers["WWW-Authenticate"]

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "digest", ["x", "0" * 64, "A" * 64, "0" * 63, "0" * 65, "%00", "a%0A", "..", "\u0661" * 64]
    )
    def test_given_a_digest_that_is_none_then_404(self, shop: Workshop, digest: str) -> None:
        assert shop.reader.get(f"/api/v1/artifact/{digest}").status == 404

    def test_given_the_digest_in_upper_case_then_404(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="a").ok()

        assert shop.reader.get(f"/api/v1/artifact/{sha256(DATA).upper()}").status == 404
