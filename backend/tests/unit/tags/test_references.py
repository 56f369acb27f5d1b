"""`PUT …/tags/{tag}` with a `ref`: the tag points at what the reference means at this moment."""

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.support.shared_app import once


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with versions of both kinds and a tag on the oldest."""

    def fill() -> Workshop:
        for name in ("1.0.0", "1.2.0", "3.0.1", "3.1.0-rc.1", "nightly"):
            shop.upload(name.encode(), "x.bin", version=name).ok()
        shop.upload(b"1.0.0", "x.bin", tag="staging").ok()
        return shop

    return once(app, "package to point into", fill)


def point(shop: Workshop, who: str = "writer", **body: str) -> Answer:
    """Point the tag `prod`."""
    answer: Answer = getattr(shop, who).put(shop.url("/tags/prod"), json=body)
    return answer


@pytest.mark.parametrize(
    ("ref", "version"),
    [
        ("staging", "1.0.0"),
        ("tag:staging", "1.0.0"),
        ("latest", "3.0.1"),
        ("version:^3.0", "3.0.1"),
        ("version:>=1,<3", "1.2.0"),
        ("nightly", "nightly"),
        ("version:1.2.0", "1.2.0"),
        (f"artifact:{sha256(b'3.1.0-rc.1')}", "3.1.0-rc.1"),
        (sha256(b"1.2.0"), "1.2.0"),
    ],
)
def test_given_a_reference_then_the_tag_points_at_what_it_means(
    package: Workshop, ref: str, version: str
) -> None:
    moved = point(package, ref=ref).ok()

    assert moved.data["artifact_id"] == sha256(version.encode())
    assert moved.headers["ETag"] == f'"{sha256(version.encode())}"'
    assert package.download("tag:prod").body == version.encode()


def test_given_a_reference_that_moves_later_then_the_tag_stays(package: Workshop) -> None:
    point(package, ref="staging").ok()

    package.upload(b"1.2.0", "x.bin", tag="staging").ok()

    assert package.download("tag:prod").body == b"1.0.0"


def test_given_a_reference_to_the_activated_version_then_the_tag_points_there(package: Workshop) -> None:
    number = package.reader.get(package.url("/versions/1.2.0")).data["id"]
    assert point(package, ref="active").status == 404
    package.writer.post(f"/api/v1/packages/{number}/activate").ok()

    assert point(package, ref="active").ok().data["artifact_id"] == sha256(b"1.2.0")


def test_given_a_condition_then_it_holds_for_a_reference_too(package: Workshop) -> None:
    point(package, version="1.0.0").ok()
    headers = {"If-Match": f'"{sha256(b"nothing")}"'}

    refused = package.writer.put(package.url("/tags/prod"), json={"ref": "latest"}, headers=headers)

    assert (refused.status, refused.data["current"]) == (412, sha256(b"1.0.0"))


@pytest.mark.parametrize(
    ("ref", "reason", "said"),
    [
        ("nothing", "not_found", "reference nothing does not exist"),
        ("^3.0", "not_found", "version:^3.0"),
        (">=1, <2", "not_found", "version:>=1, <2"),
        ("version:^4", "not_found", "3.0.1, 1.2.0, 1.0.0 (outside the range)"),
        ("version:[1.0,2.0)", "range_not_understood", "is not understood"),
    ],
)
def test_given_a_reference_to_nothing_then_404_says_why_and_no_tag_is_made(
    package: Workshop, ref: str, reason: str, said: str
) -> None:
    refused = point(package, ref=ref)

    assert (refused.status, refused.reason) == (404, reason)
    assert said in refused.msg
    assert package.reader.get(package.url("/tags/prod")).status == 404


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ref": ""},
        {"ref": "latest", "version": "1.0.0"},
        {"ref": "latest", "artifact_id": sha256(b"1.0.0")},
        {"ref": "latest", "version": "1.0.0", "artifact_id": sha256(b"1.0.0")},
        {"ref": "x" * 301},
        {"ref": 1},
    ],
)
def test_given_no_one_target_then_422(package: Workshop, body: dict[str, str]) -> None:
    assert point(package, **body).status == 422


def test_given_people_without_the_right_then_they_learn_nothing(package: Workshop) -> None:
    for ref in ("latest", "nothing"):
        assert point(package, "reader", ref=ref).status == 403
        assert point(package, "stranger", ref=ref).status == 404
        assert point(package, "anonymous", ref=ref).status == 401


def test_given_a_version_that_is_no_version_then_the_message_names_ref(package: Workshop) -> None:
    refused = point(package, version="staging")

    assert refused.status == 404
    assert "as ref" in refused.msg


def test_given_a_key_that_may_only_write_then_a_reference_is_taken_too(package: Workshop) -> None:
    key = package.writer.post("/api/v1/auth/keys", {"name": "writes", "scopes": ["write"]}).ok().data["key"]

    pointed = package.writer.as_(str(key)).put(package.url("/tags/prod"), json={"ref": "latest"})

    assert pointed.status == 200
