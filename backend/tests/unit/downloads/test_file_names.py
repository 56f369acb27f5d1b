"""Addresses that end in the name of the file."""

from urllib.parse import quote, urlsplit

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.support.shared_app import once

WHEEL = "h7-3.0.2-py3-none-any.whl"
ODD = "测试 100%+a#1?.zip"


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with a wheel, and an archive whose name is to be encoded; tags point at both."""

    def fill() -> Workshop:
        shop.upload(b"wheel", WHEEL, version="3.0.2", tag="stable").ok()
        shop.upload(b"odd", quote(ODD), version="1.0+b", tag="odd").ok()
        return shop

    return once(app, "named files", fill)


@pytest.mark.parametrize(
    "ref",
    [
        "version:3.0.2", "version:^3", "3.0.2", "latest", "stable", "tag:stable",
        f"artifact:{sha256(b'wheel')}", sha256(b"wheel"),
    ],
)  # fmt: skip
def test_given_the_name_behind_the_ref_then_the_answer_is_that_without_it(
    package: Workshop, ref: str
) -> None:
    plain, named = package.download(ref).ok(), package.download(f"{ref}/{WHEEL}").ok()

    assert named.body == plain.body == b"wheel"
    for header in ("ETag", "Cache-Control", "Content-Disposition", "Content-Type", "X-Artifact-Id"):
        assert named.headers[header] == plain.headers[header]


@pytest.mark.parametrize(
    "rest",
    [
        "version:3.0.2/other.whl", f"version:3.0.2/{WHEEL.upper()}", f"version:3.0.2/{WHEEL}/",
        f"version:3.0.2/a/{WHEEL}", f"version:3.0.2/a%2F{WHEEL}", f"version:3.0.2//{WHEEL}", "version:3.0.2/",
        f"version:9/{WHEEL}", f"/{WHEEL}", f"stable/../{WHEEL}", "stable/%FF", "stable/%00",
    ],
)  # fmt: skip
def test_given_another_name_then_404(package: Workshop, rest: str) -> None:
    assert package.download(rest).status == 404


@pytest.mark.parametrize("written", [quote(ODD, safe=""), quote(ODD, safe="+"), quote(ODD, safe="").lower()])
def test_given_an_odd_name_then_it_is_found_however_it_is_encoded(package: Workshop, written: str) -> None:
    assert package.download(f"odd/{written}").body == b"odd"


def test_given_head_range_and_conditions_then_they_work_as_without_the_name(package: Workshop) -> None:
    path = package.url(f"/+/version:3.0.2/{WHEEL}")

    head = package.reader.head(path).ok()
    assert (head.headers["Content-Length"], head.body) == ("5", b"")
    part = package.reader.get(path, headers={"Range": "bytes=1-2"})
    assert (part.status, part.body) == (206, b"he")
    assert package.reader.get(path, headers={"If-None-Match": head.headers["ETag"]}).status == 304
    assert package.reader.get(path, query={"mode": "redirect"}).status == 302


def test_given_a_wrong_name_then_the_refusal_says_which(package: Workshop) -> None:
    answer = package.download("stable/other.whl")

    assert answer.msg == "stable has no file called other.whl"


def test_given_bytes_with_several_names_then_the_digest_opens_each_of_them(package: Workshop) -> None:
    package.upload(b"wheel", "renamed.whl", tag="other").ok()
    digest = f"artifact:{sha256(b'wheel')}"

    answer = package.download(f"{digest}/renamed.whl").ok()

    assert 'filename="renamed.whl"' in answer.headers["Content-Disposition"]
    assert WHEEL in package.download(f"{digest}/{WHEEL}").ok().headers["Content-Disposition"]
    assert package.download(f"stable/{WHEEL}").status == 200
    assert package.download("stable/renamed.whl").status == 404
    resolved = package.reader.get(package.url("/resolve"), query={"ref": "other"}).ok().data
    assert fetched(package.reader, resolved["url"]) == b"wheel"


def test_given_versions_and_resolutions_then_their_urls_open_the_bytes(package: Workshop) -> None:
    for version, body in (("3.0.2", b"wheel"), ("1.0+b", b"odd")):
        shown = package.reader.get(package.url(f"/versions/{quote(version)}")).ok().data
        resolved = package.reader.get(package.url("/resolve"), query={"ref": f"version:{version}"}).ok().data

        assert resolved["url"] == shown["url"]
        assert fetched(package.reader, shown["url"]) == body
    listed = [each["url"] for each in package.reader.get(package.url("/versions")).ok().items]
    assert listed[1].endswith(f"/+/version:3.0.2/{WHEEL}")
    assert listed[0].endswith("/+/version:1.0+b/" + quote(ODD, safe="+"))


def test_given_a_version_that_waits_then_it_has_no_url(package: Workshop) -> None:
    wanted = {"name": package.package, "version": "9.0.0", "project": package.project}
    package.writer.post("/api/v1/packages", wanted).ok()

    assert package.reader.get(package.url("/versions/9.0.0")).ok().data["url"] is None


def test_given_a_stranger_then_a_right_name_tells_no_more_than_a_wrong_one(package: Workshop) -> None:
    answers = [package.stranger.get(package.url(f"/+/version:3.0.2/{name}")) for name in (WHEEL, "other.whl")]

    assert [each.status for each in answers] == [404, 404]
    assert answers[0].msg == answers[1].msg


def fetched(client: ApiClient, url: str) -> bytes:
    """Follow a link of this service."""
    return client.get(urlsplit(url).path).ok().body
