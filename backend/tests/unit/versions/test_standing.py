"""Versions that are yanked or deprecated, and what else people say of them."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.support.shared_app import once
from wxcloudrun.kit.clock import rfc3339


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with three versions, whose bytes are their own names; a tag points at the newest."""

    def fill() -> Workshop:
        for name in ("1.0.0", "1.1.0", "2.0.0"):
            shop.upload(name.encode(), f"app-{name}.tar.gz", version=name).ok()
        shop.writer.request("PUT", shop.url("/tags/stable"), json={"version": "2.0.0"}).ok()
        return shop

    return once(app, "three versions and a tag", fill)


def say(package: Workshop, version: str, **words: Any) -> Answer:
    """Say something of a version as the writer."""
    return package.writer.patch(package.url(f"/versions/{version}"), words)


def shown(package: Workshop, version: str) -> dict[str, Any]:
    """Return a version as a reader sees it."""
    return package.reader.get(package.url(f"/versions/{version}")).ok().data


def warnings(answer: Answer) -> list[dict[str, Any]]:
    """Return what an answer warns of."""
    found: list[dict[str, Any]] = json.loads(answer.headers.get("X-Registry-Warnings", "[]"))
    return found


class TestSaying:
    def test_given_words_then_answer_version_and_list_show_them(self, package: Workshop, time: Clock) -> None:
        properties = {"build.id": "4711", "channel": "内测"}

        answer = say(
            package,
            "1.1.0",
            yanked="loses data 😀",
            deprecated="use 2",
            notes="# 新\n",
            properties=properties,
        ).ok()

        assert shown(package, "1.1.0") == answer.data
        said = {name: answer.data[name] for name in ("yanked", "deprecated", "properties", "notes")}
        assert said == {
            "yanked": {"reason": "loses data 😀", "at": rfc3339(time.now())},
            "deprecated": "use 2",
            "properties": properties,
            "notes": "# 新\n",
        }
        listed = package.reader.get(package.url("/versions")).ok().items
        assert [
            {**each, "notes": "# 新\n", "said": None} for each in listed if each["version"] == "1.1.0"
        ] == [answer.data]

    def test_given_null_then_it_is_taken_back_and_what_is_left_out_stays(self, package: Workshop) -> None:
        untouched = shown(package, "1.1.0")
        say(package, "1.1.0", yanked="", deprecated="old", notes="n", properties={"a": "b"}).ok()

        assert say(package, "1.1.0", yanked=None).data["yanked"] is None
        assert shown(package, "1.1.0")["deprecated"] == "old"
        assert say(package, "1.1.0").data["properties"] == {"a": "b"}
        assert say(package, "1.1.0", properties={"c": "d"}).data["properties"] == {"c": "d"}
        assert say(package, "1.1.0", deprecated=None, notes=None, properties=None).data == untouched

    def test_given_another_reason_then_the_moment_of_the_yank_stays(
        self, package: Workshop, time: Clock
    ) -> None:
        first = say(package, "1.1.0", yanked="").ok().data["yanked"]
        time.advance(seconds=60)

        assert say(package, "1.1.0", yanked="why").data["yanked"] == {**first, "reason": "why"}
        assert first["reason"] == ""

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"yanked": "x" * 501}, "yanked"),
            ({"yanked": True}, "yanked"),
            ({"deprecated": "x" * 1001}, "deprecated"),
            ({"deprecated": ""}, "deprecated"),
            ({"notes": "é" * 32769}, "notes"),
            ({"properties": {str(number): "" for number in range(33)}}, "properties"),
            ({"properties": {"a b": ""}}, "properties.a b"),
            ({"properties": {"a\n": ""}}, "properties.a\n"),
            ({"properties": {"k" * 65: ""}}, f"properties.{'k' * 65}"),
            ({"properties": {"a": "x" * 257}}, "properties.a"),
            ({"properties": {"a": 1}}, "properties.a"),
            ({"status": "activated"}, "status"),
        ],
    )
    def test_given_words_that_are_too_many_then_422_and_nothing_is_said(
        self, package: Workshop, words: dict[str, Any], field: str
    ) -> None:
        before = shown(package, "1.1.0")

        answer = say(package, "1.1.0", **{"deprecated": "old", **words})

        assert answer.status == 422
        assert [each["field"].removesuffix(".[key]") for each in answer.data["errors"]] == [field]
        assert shown(package, "1.1.0") == before

    def test_given_as_many_words_as_there_may_be_then_all_are_kept(self, package: Workshop) -> None:
        words = {
            "yanked": "由" * 500,
            "deprecated": "😀" * 1000,
            "notes": "é" * 32768,
            "properties": {f"{number:064}": "值" * 256 for number in range(32)},
        }

        data = say(package, "1.1.0", **words).ok().data

        assert {**words, "yanked": data["yanked"]["reason"]} == {
            name: data["yanked"]["reason"] if name == "yanked" else data[name] for name in words
        }
        assert data["yanked"]["reason"] == words["yanked"]

    @pytest.mark.parametrize("version", ["9.9.9", "a%20b"])
    def test_given_a_version_that_is_not_there_then_404(self, package: Workshop, version: str) -> None:
        assert say(package, version, yanked="").status == 404


class TestYanked:
    @pytest.mark.parametrize(("ref", "body"), [("latest", b"1.1.0"), ("version:>=1", b"1.1.0")])
    def test_given_a_yank_then_choices_pass_over_it_and_say_so_until_it_is_undone(
        self, package: Workshop, ref: str, body: bytes
    ) -> None:
        assert package.download(ref).body == b"2.0.0"

        say(package, "2.0.0", yanked="").ok()

        assert package.download(ref).body == body
        resolved = package.reader.get(package.url("/resolve"), query={"ref": ref}).ok().data
        assert resolved["excluded"] == [{"version": "2.0.0", "why": "yanked"}]
        say(package, "2.0.0", yanked=None).ok()
        assert package.download(ref).body == b"2.0.0"

    def test_given_only_yanked_ones_then_the_refusal_says_so(self, package: Workshop) -> None:
        say(package, "2.0.0", yanked="").ok()

        answer = package.download("version:^2")

        assert answer.status == 404
        assert "2.0.0 (yanked, found by its exact name only)" in answer.msg
        assert {"version": "2.0.0", "why": "yanked"} in answer.data["excluded"]

    @pytest.mark.parametrize(
        "ref",
        ["version:2.0.0", "2.0.0", "tag:stable", "stable", f"artifact:{sha256(b'2.0.0')}", sha256(b"2.0.0")],
    )
    def test_given_its_name_its_tag_or_its_digest_then_the_bytes_come_with_a_warning(
        self, package: Workshop, ref: str
    ) -> None:
        say(package, "2.0.0", yanked="loses data").ok()

        answer = package.download(ref)

        assert (answer.status, answer.body) == (200, b"2.0.0")
        warning = {"reason": "version_yanked", "msg": "version 2.0.0 was yanked: loses data"}
        assert warnings(answer) == [{**warning, "version": "2.0.0"}]
        assert "Content-Language" not in answer.headers, "the bytes are in none"
        assert answer.headers["Vary"] == "Authorization, Cookie, Accept-Language"

    @pytest.mark.parametrize("mode", ["redirect", "presigned"])
    def test_given_a_link_then_it_warns_too(self, package: Workshop, mode: str) -> None:
        say(package, "2.0.0", yanked="").ok()

        answer = package.download("2.0.0", query={"mode": mode})

        assert [each["msg"] for each in warnings(answer)] == ["version 2.0.0 was yanked"]

    def test_given_a_reader_of_chinese_then_it_warns_in_chinese(self, package: Workshop) -> None:
        say(package, "2.0.0", yanked="").ok()

        answer = package.download("2.0.0", query={"lang": "zh"})

        assert [each["msg"] for each in warnings(answer)] == ["版本 2.0.0 已被撤回"]

    def test_given_another_version_of_the_same_bytes_then_only_the_yanked_one_warns(
        self, package: Workshop
    ) -> None:
        package.upload(b"2.0.0", version="2.0.1").ok()
        say(package, "2.0.0", yanked="").ok()

        assert warnings(package.download("version:2.0.1")) == []
        assert warnings(package.download("2.0.1")) == []
        assert warnings(package.download("latest")) == []
        assert [each["version"] for each in warnings(package.download("stable"))] == ["2.0.0"]

    def test_given_another_package_with_the_bytes_then_it_does_not_warn(self, package: Workshop) -> None:
        say(package, "2.0.0", yanked="").ok()
        other = package.new_package()
        package.writer.put(package.url("/upload/a", package=other), b"2.0.0", query={"tag": "t"}).ok()

        assert warnings(package.reader.get(package.url("/+/t", package=other)).ok()) == []

    def test_given_the_longest_reasons_then_the_header_fits_through_a_proxy(self, package: Workshop) -> None:
        say(package, "2.0.0", yanked="😀" * 500, deprecated="由" * 1000).ok()

        header = package.download("2.0.0").headers["X-Registry-Warnings"]

        assert header.isascii()
        assert len(header) < 3000, "of the 4 KiB that a proxy keeps for a head"
        assert all("…" in each["msg"] for each in json.loads(header))


class TestDeprecated:
    @pytest.mark.parametrize("ref", ["version:2.0.0", "stable", "latest", "version:^2"])
    def test_given_a_deprecated_version_then_it_is_chosen_as_before_with_a_warning(
        self, package: Workshop, ref: str
    ) -> None:
        say(package, "2.0.0", deprecated="use 3").ok()

        answer = package.download(ref)

        assert (answer.status, answer.body) == (200, b"2.0.0")
        assert [(each["reason"], each["msg"]) for each in warnings(answer)] == [
            ("version_deprecated", "version 2.0.0 is deprecated: use 3")
        ]


class TestActivated:
    def release(self, package: Workshop, version: str) -> str:
        """Return where the release is that a version is."""
        return f"/api/v1/packages/{shown(package, version)['id']}"

    def test_given_a_yanked_version_then_it_is_not_put_in_use_until_that_is_taken_back(
        self, package: Workshop
    ) -> None:
        say(package, "2.0.0", yanked="loses data").ok()
        release = self.release(package, "2.0.0")

        answer = package.writer.post(f"{release}/activate")

        assert (answer.status, answer.reason) == (409, "version_yanked")
        assert (answer.data["version"], answer.data["yanked"]) == ("2.0.0", "loses data")
        assert shown(package, "2.0.0")["status"] == "downloaded"
        say(package, "2.0.0", yanked=None).ok()
        assert package.writer.post(f"{release}/activate").status == 200

    def test_given_a_version_in_use_then_a_yank_leaves_it_there_and_warns(self, package: Workshop) -> None:
        release = self.release(package, "2.0.0")
        package.writer.post(f"{release}/activate").ok()

        answer = say(package, "2.0.0", yanked="").ok()

        assert [each["reason"] for each in warnings(answer)] == ["yanked_version_activated"]
        assert answer.data["status"] == "activated"
        again = package.writer.post(f"{release}/activate").ok()
        assert [each["reason"] for each in warnings(again)] == ["version_yanked"]
        assert package.download("active").body == b"2.0.0"
        assert [each["reason"] for each in warnings(package.download("active"))] == ["version_yanked"]

    def test_given_a_version_that_is_not_in_use_then_a_yank_does_not_warn(self, package: Workshop) -> None:
        assert warnings(say(package, "2.0.0", yanked="").ok()) == []


def test_given_a_version_that_is_deleted_then_what_was_said_goes_with_it(package: Workshop) -> None:
    untouched = {name: shown(package, "1.0.0")[name] for name in ("yanked", "notes", "properties")}
    say(package, "1.0.0", yanked="", notes="n", properties={"a": "b"}).ok()
    package.maintainer.delete(package.url("/versions/1.0.0")).ok()

    package.upload(b"1.0.0", version="1.0.0").ok()

    again = shown(package, "1.0.0")
    assert {name: again[name] for name in untouched} == untouched
