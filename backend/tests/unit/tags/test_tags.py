"""Tags: movable names. Read, pointed at artifacts and versions, deleted."""

import re

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.support.shared_app import once

ONE, TWO = b"the first bytes", b"the second bytes"


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with two versions; the tag `stable` points at the first."""

    def fill() -> Workshop:
        shop.upload(ONE, "one.bin", version="1.0", tag="stable").ok()
        shop.upload(TWO, "two.bin", version="2.0").ok()
        return shop

    return once(app, "tagged package", fill)


def point(shop: Workshop, tag: str, *, who: str = "writer", **target: str) -> Answer:
    answer: Answer = getattr(shop, who).request("PUT", shop.url(f"/tags/{tag}"), json=target)
    return answer


class TestRead:
    def test_given_a_tag_then_exactly_the_promised_fields(self, package: Workshop) -> None:
        answer = package.reader.get(package.url("/tags/stable")).ok()

        assert set(answer.data) == {"name", "artifact_id", "version", "updated_at", "updated_by"}
        assert (answer.data["name"], answer.data["artifact_id"]) == ("stable", sha256(ONE))
        assert answer.data["updated_by"] == package.people["writer"].username
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", answer.data["updated_at"])
        assert answer.headers["ETag"] == f'"{sha256(ONE)}"'

    def test_given_tags_then_the_list_has_each_once_by_name(self, package: Workshop) -> None:
        for name in ("b", "a", "Z", "c-1.0_x"):
            point(package, name, version="2.0").ok()

        listed = package.reader.get(package.url("/tags")).items

        assert [each["name"] for each in listed] == ["Z", "a", "b", "c-1.0_x", "stable"]
        assert listed[1] == package.reader.get(package.url("/tags/a")).data

    @pytest.mark.parametrize("limit", [1, 2, 7])
    def test_given_any_page_size_then_every_tag_comes_exactly_once(
        self, package: Workshop, limit: int
    ) -> None:
        for number in range(6):
            point(package, f"t{number}", version="2.0").ok()
        found: list[str] = []
        query: dict[str, str | int] = {"limit": limit}
        while True:
            page = package.reader.get(package.url("/tags"), query=query).ok()
            found += [each["name"] for each in page.items]
            if page.data["next_cursor"] is None:
                break
            query["cursor"] = page.data["next_cursor"]

        assert found == ["stable", "t0", "t1", "t2", "t3", "t4", "t5"]

    @pytest.mark.parametrize(
        "name", ["absent", "Stable", "active", "..", "a%0Ab", "%00", "x" * 200, "a:b", "标签"]
    )
    def test_given_no_such_tag_then_404(self, package: Workshop, name: str) -> None:
        for rest in ("", "/history"):
            assert package.reader.get(package.url(f"/tags/{name}{rest}")).status == 404
        assert package.writer.delete(package.url(f"/tags/{name}")).status == 404

    @pytest.mark.parametrize("rest", ["/tags", "/tags/stable", "/tags/absent", "/tags/stable/history"])
    def test_given_no_right_to_read_then_nothing_shows(self, package: Workshop, rest: str) -> None:
        assert package.anonymous.get(package.url(rest)).status == 401
        assert package.stranger.get(package.url(rest)).status == 404


class TestPoint:
    def test_given_a_version_then_the_tag_gives_its_bytes_and_says_what_was_before(
        self, package: Workshop
    ) -> None:
        answer = point(package, "stable", version="2.0").ok()

        assert (answer.data["artifact_id"], answer.data["previous"]) == (sha256(TWO), sha256(ONE))
        assert answer.headers["ETag"] == f'"{sha256(TWO)}"'
        assert package.download("stable").body == TWO

    def test_given_an_artifact_id_then_the_tag_gives_its_bytes(self, package: Workshop) -> None:
        answer = point(package, "stable", artifact_id=sha256(TWO)).ok()

        assert answer.data["previous"] == sha256(ONE)
        assert package.download("stable").body == TWO

    def test_given_a_new_name_then_previous_is_null(self, package: Workshop) -> None:
        answer = point(package, "beta", version="2.0").ok()

        assert set(answer.data) == {
            "name", "artifact_id", "version", "updated_at", "updated_by", "previous", "previous_version",
        }  # fmt: skip
        assert (answer.data["previous"], answer.data["previous_version"]) == (None, None)

    def test_given_a_tag_that_moved_then_the_old_bytes_are_still_there(self, package: Workshop) -> None:
        point(package, "stable", version="2.0").ok()

        assert package.download("version:1.0").body == ONE

    def test_given_a_tag_on_an_artifact_then_it_alone_keeps_the_artifact(self, package: Workshop) -> None:
        point(package, "keep", version="1.0").ok()
        package.writer.delete(package.url("/tags/stable")).ok()
        package.maintainer.delete(package.url("/versions/1.0")).ok()

        assert package.download("keep").body == ONE

    @pytest.mark.parametrize("target", [{"version": "9.9"}, {"version": "stable"}, {"artifact_id": "0" * 64}])
    def test_given_a_target_that_is_absent_then_404_and_the_tag_stays(
        self, package: Workshop, target: dict[str, str]
    ) -> None:
        assert point(package, "stable", **target).status == 404
        assert package.download("stable").body == ONE

    def test_given_an_artifact_that_the_caller_may_not_read_then_404_as_if_it_were_absent(
        self, package: Workshop, public_shop: Workshop
    ) -> None:
        absent = point(public_shop, "stolen", artifact_id=sha256(b"nobody has these"))

        foreign = point(public_shop, "stolen", artifact_id=sha256(ONE))

        assert (foreign.status, foreign.body) == (404, absent.body)
        assert public_shop.reader.get(public_shop.url("/tags")).items == []
        assert package.download("stable").body == ONE

    def test_given_a_version_of_another_package_then_404(self, package: Workshop) -> None:
        other = package.new_package()
        url = package.url("/tags/stable", package=other)

        assert package.writer.request("PUT", url, json={"version": "1.0"}).status == 404

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "body",
        [
            {}, {"artifact_id": None}, {"version": "1.0", "artifact_id": "0" * 64}, {"version": 1},
            {"artifact_id": "abc"}, {"artifact_id": "A" * 64}, {"version": "1 0"},
            {"version": "1.0", "x": 1}, [], "1.0",
        ],
    )  # fmt: skip
    def test_given_not_exactly_one_legal_target_then_422(self, package: Workshop, body: object) -> None:
        answer = package.writer.request("PUT", package.url("/tags/stable"), json=body)

        assert (answer.status, answer.reason) == (422, "invalid")
        assert package.download("stable").body == ONE

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("body", [b"{", b"\xff", b'{"version": "1.0"'])
    def test_given_a_body_that_is_no_json_then_400(self, package: Workshop, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}

        assert package.writer.put(package.url("/tags/stable"), body, headers=headers).status == 400

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_given_no_right_to_write_then_the_tag_stays(
        self, package: Workshop, who: str, status: int
    ) -> None:
        assert point(package, "stable", who=who, version="2.0").status == status
        assert getattr(package, who).delete(package.url("/tags/stable")).status == status
        assert package.download("stable").body == ONE


class TestNames:
    @pytest.mark.parametrize(
        "name", ["a", "Z", "0", "v1.0", "A.b_c-D", "x" * 128, "a" * 63, "Active", "A" * 64]
    )
    def test_given_a_legal_name_then_it_can_be_made_by_put_and_by_upload(
        self, package: Workshop, name: str
    ) -> None:
        point(package, name, version="2.0").ok()
        assert package.download(f"tag:{name}").body == TWO

        package.upload(ONE, tag=name).ok()
        assert package.download(f"tag:{name}").body == ONE

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "name",
        [
            "active",
            "a" * 64,
            "0" * 64,
            "a:b",
            ".a",
            "-a",
            "_a",
            "a b",
            "x" * 129,
            "标签",
            "a@b",
            "a%0A",
            "%00",
            "..",
            "%F0%9F%8E%89",
        ],
    )
    def test_given_an_illegal_name_then_422_names_the_tag(self, package: Workshop, name: str) -> None:
        answer = point(package, name, version="2.0")

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")

    def test_given_names_that_differ_in_case_then_they_are_two_tags(self, package: Workshop) -> None:
        point(package, "Stable", version="2.0").ok()

        assert package.download("tag:Stable").body == TWO
        assert package.download("tag:stable").body == ONE


class TestDelete:
    def test_given_a_deleted_tag_then_it_is_gone_and_the_version_stays(self, package: Workshop) -> None:
        assert package.writer.delete(package.url("/tags/stable")).status == 204

        assert package.download("tag:stable").status == 404
        assert package.reader.get(package.url("/tags")).items == []
        assert package.download("version:1.0").body == ONE

    def test_given_a_deleted_tag_then_deleting_it_again_is_404(self, package: Workshop) -> None:
        package.writer.delete(package.url("/tags/stable")).ok()

        assert package.writer.delete(package.url("/tags/stable")).status == 404
