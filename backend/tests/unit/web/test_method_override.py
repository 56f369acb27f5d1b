"""POST that means PATCH, for clients that have no PATCH."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.registry import Workshop
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.kit.db import reading

PATCH = {"X-HTTP-Method-Override": "PATCH"}


def test_given_a_post_that_means_patch_then_it_is_one_with_the_same_rights_and_audit(
    app: Flask, shop: Workshop
) -> None:
    url = f"/api/v1/project/{shop.project}/packages/{shop.package}"

    refused = shop.reader.request("POST", url, json={"description": "no"}, headers=PATCH)
    changed = shop.owner.request("POST", url, json={"description": "yes"}, headers=PATCH)
    spelled = shop.owner.request(
        "POST", url, json={"description": "again"}, headers={"x-http-method-override": " patch "}
    )

    assert (refused.status, refused.reason) == (403, "forbidden")
    assert (changed.ok().data["description"], spelled.ok().data["description"]) == ("yes", "again")
    with app.app_context(), reading() as session:
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
    assert list(actions).count("package.changed") == 2


@pytest.mark.parametrize(
    ("method", "wish"),
    [
        *(("POST", wish) for wish in ("DELETE", "PUT", "POST", "")),
        *(("PUT", wish) for wish in ("PATCH", "DELETE")),
        *(("GET", wish) for wish in ("PATCH", "DELETE")),
        ("HEAD", "DELETE"),
        ("DELETE", "PATCH"),
    ],
)
def test_given_any_other_wish_then_nothing_is_done(shop: Workshop, method: str, wish: str) -> None:
    url = {
        "POST": f"/api/v1/project/{shop.project}/packages",
        "PUT": shop.url("/upload/a.bin"),
        "DELETE": f"/api/v1/project/{shop.project}/packages/{shop.package}",
        "GET": f"/api/v1/project/{shop.project}/packages",
        "HEAD": shop.url("/+/stable"),
    }[method]
    answer = shop.owner.request(
        method,
        url,
        json={"name": "other"} if method == "POST" else None,
        headers={"X-HTTP-Method-Override": wish},
    )

    assert answer.status == 400
    if method != "HEAD":
        assert (answer.reason, "can only make PATCH of POST" in answer.msg) == ("malformed", True)
    assert [each["name"] for each in shop.owner.get(f"/api/v1/project/{shop.project}/packages").items] == [
        shop.package
    ]


def test_given_a_url_without_patch_then_the_refusal_names_what_there_is(shop: Workshop) -> None:
    answer = shop.owner.request("POST", f"/api/v1/project/{shop.project}/packages", json={}, headers=PATCH)

    assert (answer.status, answer.reason) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("where", ["/api/v1/project/{project}/packages/{package}", "/api/v1/nothing", "/"])
def test_given_a_url_that_takes_no_post_then_the_wish_is_what_is_refused(shop: Workshop, where: str) -> None:
    url = where.format(project=shop.project, package=shop.package)

    answers = [
        who.request("POST", url, headers={"X-HTTP-Method-Override": "DELETE"})
        for who in (shop.owner, shop.anonymous)
    ]

    assert [(each.status, each.reason) for each in answers] == [(400, "malformed")] * 2
    assert all("Allow" not in each.headers for each in answers), "a DELETE that is named there is not done"
    assert shop.owner.get(f"/api/v1/project/{shop.project}/packages").items


@pytest.mark.parametrize(
    ("method", "wish", "status"),
    [("POST", "PUT", 400), ("POST", "GET", 400), ("PATCH", "DELETE", 400), ("HEAD", "PATCH", 200)],
)
def test_given_another_wish_in_tus_then_nothing_is_done(
    shop: Workshop, method: str, wish: str, status: int
) -> None:
    base = f"/tus/{shop.project}/{shop.package}"
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
    upload = shop.writer.request("POST", base, headers=tus).headers["Location"]

    said = tus | {"X-HTTP-Method-Override": wish, "Upload-Offset": "0"}
    answer = shop.writer.request(method, base if method == "POST" else upload, headers=said)

    assert answer.status == status
    assert len(shop.writer.get(shop.url("/uploads/sessions")).items) == 1


def test_every_patch_is_described_with_its_other_way(app: Flask) -> None:
    document = app.test_client().get("/api/openapi.json").json or {}
    patches = [each["patch"] for each in document["paths"].values() if "patch" in each]

    assert patches
    assert all("X-HTTP-Method-Override: PATCH" in each["description"] for each in patches)
