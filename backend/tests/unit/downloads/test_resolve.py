"""`GET …/resolve?ref=`: what a reference means, and why it means that."""

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.registry import Workshop
from tests.support.shared_app import once


@pytest.fixture
def versions(app: Flask, shop: Workshop) -> Workshop:
    """A package with releases, a prerelease, a name that does not order, and a tag."""

    def fill() -> Workshop:
        for name in ("1.0.0", "1.2.0", "2.0.0", "2.1.0-rc.1", "nightly"):
            shop.upload(name.encode(), "x.bin", version=name).ok()
        shop.upload(b"1.0.0", "x.bin", tag="stable").ok()
        return shop

    return once(app, "versions to resolve", fill)


def resolve(shop: Workshop, ref: str) -> dict[str, object]:
    return shop.reader.get(shop.url("/resolve"), query={"ref": ref}).ok().data


def test_given_a_ref_then_the_answer_has_exactly_the_promised_fields(versions: Workshop) -> None:
    assert set(resolve(versions, "latest")) == {
        "artifact_id",
        "version",
        "tag",
        "url",
        "candidates",
        "excluded",
    }


def test_given_a_tag_then_it_names_the_tag(versions: Workshop) -> None:
    for ref in ("stable", "tag:stable"):
        found = resolve(versions, ref)

        assert (found["artifact_id"], found["tag"]) == (sha256(b"1.0.0"), "stable")


def test_given_an_exact_version_then_it_names_the_version(versions: Workshop) -> None:
    for ref in ("1.2.0", "version:1.2.0"):
        found = resolve(versions, ref)

        assert (found["artifact_id"], found["version"]) == (sha256(b"1.2.0"), "1.2.0")
        assert found["excluded"] == []


def test_given_an_artifact_then_its_id(versions: Workshop) -> None:
    digest = sha256(b"2.0.0")

    assert resolve(versions, f"artifact:{digest}")["artifact_id"] == digest


def test_given_latest_then_candidates_best_first_and_why_the_others_are_out(versions: Workshop) -> None:
    found = resolve(versions, "latest")

    assert (found["version"], found["artifact_id"]) == ("2.0.0", sha256(b"2.0.0"))
    assert found["candidates"] == ["2.0.0", "1.2.0", "1.0.0"]
    assert sorted((each["version"], each["why"]) for each in found["excluded"]) == [  # type: ignore[attr-defined]  # an answer is JSON, not typed
        ("2.1.0-rc.1", "prerelease"),
        ("nightly", "not_ordered"),
    ]


def test_given_a_range_then_what_lies_outside_is_excluded(versions: Workshop) -> None:
    found = resolve(versions, "version:^1.0")

    assert (found["version"], found["candidates"]) == ("1.2.0", ["1.2.0", "1.0.0"])
    assert {"version": "2.0.0", "why": "outside_range"} in found["excluded"]  # type: ignore[operator]  # an answer is JSON, not typed


@pytest.mark.parametrize("ref", ["stable", "1.2.0", "latest", "version:^1.0", "version:>=1,<2"])
def test_given_any_ref_then_the_download_gives_the_artifact_that_was_resolved(
    versions: Workshop, ref: str
) -> None:
    assert versions.download(ref).headers["X-Artifact-Id"] == resolve(versions, ref)["artifact_id"]


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    "ref", ["absent", "version:^9", "tag:a:b", "active", "artifact:abc", "\x00", "a\nb", "标签"]
)
def test_given_a_ref_that_means_nothing_then_404(versions: Workshop, ref: str) -> None:
    assert versions.reader.get(versions.url("/resolve"), query={"ref": ref}).status == 404


@pytest.mark.same_everywhere
@pytest.mark.parametrize("query", [{}, {"ref": ""}, {"ref": "stable", "mode": "proxy"}])
def test_given_no_ref_or_an_unknown_parameter_then_422(versions: Workshop, query: dict[str, str]) -> None:
    assert versions.reader.get(versions.url("/resolve"), query=query).status == 422


@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 200)])
def test_given_a_private_project_then_only_members_resolve(versions: Workshop, who: str, status: int) -> None:
    for ref in ("stable", "version:1.0.0"):
        assert getattr(versions, who).get(versions.url("/resolve"), query={"ref": ref}).status == status


@pytest.mark.parametrize(
    ("ref", "reasons"),
    [
        (
            "version:^9",
            ["2.0.0, 1.2.0, 1.0.0 (outside the range)", "2.1.0-rc.1 (prerelease", "nightly (no order"],
        ),
        ("version:>=2.1.0-rc.1", ["2.1.0-rc.1 (prerelease, found by its exact name only)"]),
    ],
)
def test_given_a_range_that_nothing_fits_then_the_message_says_why(
    versions: Workshop, ref: str, reasons: list[str]
) -> None:
    answer = versions.reader.get(versions.url("/resolve"), query={"ref": ref})

    assert (answer.status, answer.reason) == (404, "not_found")
    assert answer.msg.startswith(f"no version fits {ref.removeprefix('version:')}: ")
    assert [reason for reason in reasons if reason not in answer.msg] == []


def test_given_many_versions_that_do_not_fit_then_the_message_names_a_few(shop: Workshop) -> None:
    for number in range(5):
        shop.upload(b"bytes", version=f"1.{number}.0").ok()
    waiting = {"name": shop.package, "project": shop.project, "version": "2.0.0"}
    shop.writer.post("/api/v1/packages", waiting).ok()

    answer = shop.download("version:^2")

    assert answer.msg == (
        "no version fits ^2: 2.0.0 (waits for its bytes); 1.4.0, 1.3.0, 1.2.0 and others (outside the range)"
    )
    assert len(answer.data["excluded"]) == 6


@pytest.mark.parametrize("ref", ["latest", "version:^1"])
def test_given_a_package_without_versions_then_the_message_says_so(shop: Workshop, ref: str) -> None:
    answer = shop.download(ref)

    assert answer.status == 404
    assert answer.msg.endswith(": the package has none")


@pytest.mark.same_everywhere
@pytest.mark.parametrize("ref", ["^1.0", "~1.2", ">=1,<2", ">=1 <2", "1.x", "1.2.*"])
def test_given_a_range_without_its_prefix_then_the_message_shows_it(versions: Workshop, ref: str) -> None:
    answer = versions.reader.get(versions.url("/resolve"), query={"ref": ref})

    assert (answer.status, answer.reason) == (404, "not_found")
    assert f"version:{ref}" in answer.msg


@pytest.mark.same_everywhere
@pytest.mark.parametrize("ref", ["nothing", "9.9.9", "tag:^1.0", "artifact:x"])
def test_given_what_is_no_range_then_the_message_shows_none(versions: Workshop, ref: str) -> None:
    answer = versions.reader.get(versions.url("/resolve"), query={"ref": ref})

    assert answer.status == 404
    assert "version:" not in answer.msg
