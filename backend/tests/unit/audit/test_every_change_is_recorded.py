"""Each endpoint that changes something, and what it leaves in the audit log."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.builders import sha256
from tests.support.inside import Inside
from tests.support.python_index import PythonIndex, form_of, wheel_of
from tests.support.shared_app import once
from tests.support.surface import TUS
from tests.unit.audit.changing import PASSWORD, Changing
from tests.unit.audit.conftest import entries
from wxcloudrun.web.endpoint import rows

# What changes nothing that anybody would look for, and why.
NOT_RECORDED = {
    "refresh": "a session goes on; only its end by a replayed token is an event",
    "offer_second_factor": "nothing is asked for it before it is confirmed",
    "ask_for_recovery": "puts a mail down, or none; who uses what is in it is an event",
    "ask_for_verification": "as ask_for_recovery",
    "verify_audit": "reads",
    "check_files": "reads",
    "npm_audit_versions": "reads",
    "npm_audit_quickly": "reads",
    "npm_audit_tree": "reads",
    "npm_begin_web_login": "a machine waits; the key that it gets is an event",
    "npm_answer_login_page": "as npm_begin_web_login",
    "put_upload_part": "the upload that the parts become is an event, not each of ten thousand parts",
    "post_upload_part": "as put_upload_part",
}


type Change = Callable[[Changing], object]

# fmt: off
# ruff: noqa: E501 - a table reads better with a row in a line
CHANGES: dict[str, tuple[Change, str, str]] = {
    "register": (lambda w: w.login(), "user.registered", "user/{ada}"),
    "log_in": (lambda w: w.login(), "session.opened", "user/{ada}"),
    "log_out": (lambda w: w.login().post("/api/v1/auth/logout"), "session.ended", "user/{ada}"),
    "log_in_by_wechat": (
        lambda w: w.client.post("/api/v1/auth/wechat", {"code": "c"}), "session.opened", "user/*",
    ),
    "bind_wechat": (
        lambda w: w.login().request("PUT", "/api/v1/auth/wechat", json={"code": "c"}), "wechat.bound", "user/{ada}",
    ),
    "bind_email": (
        lambda w: w.login().request(
            "PUT", "/api/v1/auth/email", json={"email": "b@example.com", "password": PASSWORD}
        ), "email.bound", "user/{ada}",
    ),
    "change_password": (
        lambda w: w.login().request(
            "PUT", "/api/v1/auth/password",
            json={"current_password": PASSWORD, "new_password": "another long one"},
        ), "password.changed", "user/{ada}",
    ),
    "prove": (
        lambda w: w.login().post("/api/v1/auth/proof", {"password": PASSWORD}), "session.proved", "user/{ada}",
    ),
    "end_session": (lambda w: w.end_session(), "session.ended", "user/{ada}"),
    "end_everything": (lambda w: w.login().post("/api/v1/auth/end-everything", {}), "ways_in.ended", "user/{ada}"),
    "unbind_wechat": (lambda w: w.bound().delete("/api/v1/auth/wechat"), "wechat.unbound", "user/{ada}"),
    "confirm_second_factor": (lambda w: w.with_factor(), "second_factor.enabled", "user/{ada}"),
    "renew_recovery_codes": (
        lambda w: w.with_factor().post("/api/v1/auth/second-factor/recovery-codes"),
        "recovery_codes.made", "user/{ada}",
    ),
    "remove_second_factor": (
        lambda w: w.with_factor().delete("/api/v1/auth/second-factor"), "second_factor.disabled", "user/{ada}",
    ),
    "see_notices": (
        lambda w: w.login().post("/api/v1/auth/notices/seen", {"up_to": 1}), "notices.seen", "user/{ada}",
    ),
    "verify_email": (lambda w: w.verify(), "email.verified", "user/{ada}"),
    "recover": (lambda w: w.recover(), "password.recovered", "user/{ada}"),
    "make_key": (lambda w: w.key(), "key.made", "user/*/key/*"),
    "rotate_key": (lambda w: w.shop.owner.post(f"/api/v1/auth/keys/{w.key()}/rotate"), "key.rotated", "user/*/key/*"),
    "revoke_key": (lambda w: w.shop.owner.delete(f"/api/v1/auth/keys/{w.key()}"), "key.revoked", "user/*/key/*"),
    "revoke_credential": (lambda w: w.login().delete("/api/v1/auth/token"), "credential.revoked", "user/{ada}/jwt/*"),
    "create_user": (lambda w: w.new_user(), "user.created", "user/*"),
    "change_user": (
        lambda w: w.root.patch(f"/api/v1/users/{w.new_user()}", {"is_active": False}), "user.changed", "user/*",
    ),
    "delete_user": (lambda w: w.root.delete(f"/api/v1/users/{w.new_user()}"), "user.deleted", "user/*"),
    "revoke_key_of_user": (
        lambda w: w.root.delete(w.key_of(f"/api/v1/users/{w.shop.people['owner'].id}")), "key.revoked", "user/*/key/*",
    ),
    "create_service_account": (lambda w: w.robot(), "service_account.created", "user/*"),
    "change_service_account": (
        lambda w: w.shop.owner.patch(w.robot(), {"is_active": False}), "service_account.changed", "user/*",
    ),
    "delete_service_account": (lambda w: w.shop.owner.delete(w.robot()), "service_account.deleted", "user/*"),
    "make_key_of_service_account": (lambda w: w.key_of(w.robot()), "key.made", "user/*/key/*"),
    "revoke_key_of_service_account": (
        lambda w: w.shop.owner.delete(w.key_of(w.robot())), "key.revoked", "user/*/key/*",
    ),
    "create_project": (
        lambda w: w.shop.owner.post("/api/v1/projects", {"name": "fresh"}), "project.created", "project/fresh",
    ),
    "change_project": (
        lambda w: w.shop.owner.patch(f"/api/v1/{w.project}", {"is_public": True}), "project.changed", "{project}",
    ),
    "delete_project": (
        lambda w: w.shop.owner.delete(f"/api/v1/{w.project}", query={"force": "true"}),
        "project.deleted", "{project}",
    ),
    "add_member": (
        lambda w: w.shop.let_in(w.shop.people["stranger"].email, "reader"), "member.set", "{project}/member/*",
    ),
    "set_member": (
        lambda w: w.shop.owner.request("PUT", w.member(), json={"role": "writer"}), "member.set", "{project}/member/*",
    ),
    "remove_member": (lambda w: w.shop.owner.delete(w.member()), "member.removed", "{project}/member/*"),
    "create_package": (lambda w: w.shop.new_package(), "package.created", "{project}/package/*"),
    "change_package": (
        lambda w: w.shop.owner.patch(
            f"/api/v1/{w.project}/packages/{w.shop.package}", {"description": "new"}
        ), "package.changed", "{package}",
    ),
    "delete_package": (
        lambda w: w.shop.owner.delete(f"/api/v1/{w.project}/packages/{w.shop.package}"),
        "package.deleted", "{package}",
    ),
    "upload_raw": (lambda w: w.shop.upload(b"bytes"), "upload.accepted", "{package}/upload/*"),
    "upload_form": (
        lambda w: w.shop.writer.request("POST", w.shop.url("/upload"), form={"file": form_file()}),
        "upload.accepted", "{package}/upload/*",
    ),
    "begin_upload_session": (
        lambda w: w.shop.writer.post(w.shop.url("/uploads/sessions"), {"filename": "a", "size": 1}),
        "upload_session.begun", "{package}/upload-session/*",
    ),
    "complete_upload_session": (
        lambda w: (
            w.shop.writer.put(f"{(url := w.session())}/parts/1", b"x"), w.shop.writer.post(f"{url}/complete", {})
        ),
        "upload.accepted", "{package}/upload/*",
    ),
    "abort_upload_session": (
        lambda w: w.shop.writer.delete(w.session()), "upload_session.aborted", "{package}/upload-session/*",
    ),
    "publish_distribution": (
        lambda w: PythonIndex(w.shop).publish(wheel_of()),
        "upload.accepted", "{project}/package/pypi:hello-h7/upload/*",
    ),
    "publish_distribution_here": (
        lambda w: PythonIndex(w.shop).send(form_of(wheel_of()), url="/legacy"),
        "upload.accepted", "{project}/package/pypi:hello-h7/upload/*",
    ),
    "npm_publish": (lambda w: w.published(), "upload.accepted", "{project}/package/npm:@h7~lib/upload/*"),
    "npm_put_dist_tag": (
        lambda w: w.shop.owner.put(w.published().url(rest="/dist-tags/next").replace("/@h7", "/-/package/@h7"), json="1.0.0").ok(),
        "tag.moved", "{project}/package/npm:@h7~lib/tag/next",
    ),
    "npm_delete_dist_tag": (
        lambda w: w.shop.owner.delete(w.published("next").url(rest="/dist-tags/next").replace("/@h7", "/-/package/@h7")).ok(),
        "tag.deleted", "{project}/package/npm:@h7~lib/tag/next",
    ),
    "npm_replace": (lambda w: w.unpublish("replace"), "version.deleted", "{project}/package/npm:@h7~lib/version/1.0.0"),
    "npm_delete": (lambda w: w.unpublish("package"), "version.deleted", "{project}/package/npm:@h7~lib/version/1.0.0"),
    "npm_delete_tarball": (lambda w: w.unpublish("tarball"), "version.deleted", "{project}/package/npm:@h7~lib/version/1.0.0"),
    "npm_log_in": (lambda w: w.npm_login(), "key.made", "user/{ada}/key/*"),
    "npm_log_out": (
        lambda w: w.client.as_(key := w.npm_login()).delete(f"/npm/{w.shop.project}/-/user/token/{key}").ok(),
        "key.revoked", "user/{ada}/key/*",
    ),
    "create_tus_upload": (lambda w: w.tus(), "upload_session.begun", "{package}/upload-session/*"),
    "append_to_tus_upload": (lambda w: w.append(w.tus()), "upload.accepted", "{package}/upload/*"),
    "terminate_tus_upload": (
        lambda w: w.shop.writer.delete(w.tus(), headers=TUS), "upload_session.aborted", "{package}/upload-session/*",
    ),
    "delete_upload": (
        lambda w: w.shop.maintainer.delete(w.shop.url(f"/uploads/{w.shop.upload(b'x').data['id']}")),
        "upload.deleted", "{package}/upload/*",
    ),
    "put_tag": (
        lambda w: w.shop.writer.request(
            "PUT", w.shop.url("/tags/stable"), json={"artifact_id": w.shop.upload(b"x").data["artifact_id"]}
        ), "tag.moved", "{package}/tag/stable",
    ),
    "delete_tag": (
        lambda w: (w.shop.upload(b"x", tag="old"), w.shop.writer.delete(w.shop.url("/tags/old"))),
        "tag.deleted", "{package}/tag/old",
    ),
    "change_version": (
        lambda w: (
            w.shop.upload(b"x", version="1.0.0").ok(),
            w.shop.writer.patch(w.shop.url("/versions/1.0.0"), {"yanked": "broken"}).ok(),
        ),
        "version.changed",
        "{package}/version/1.0.0",
    ),
    "delete_version": (
        lambda w: (w.shop.upload(b"x", version="1.0.0"), w.shop.maintainer.delete(w.shop.url("/versions/1.0.0"))),
        "version.deleted", "{package}/version/1.0.0",
    ),
    "delete_file": (
        lambda w: (
            w.shop.upload(b"x", "x.bin", version="1.0.0"),
            w.shop.maintainer.delete(w.shop.url("/versions/1.0.0/files/x.bin")).ok(),
        ),
        "file.deleted", "{package}/version/1.0.0",
    ),
    "seal_version": (
        lambda w: (w.shop.upload(b"x", version="1.0.0"), w.shop.writer.post(w.shop.url("/versions/1.0.0/seal"))),
        "version.sealed", "{package}/version/1.0.0",
    ),
    "start_adoption": (
        lambda w: w.shop.writer.post(w.shop.url("/adopt"), {"format": "pypi"}), "adoption.started", "{package}",
    ),
    "create_release": (lambda w: w.failed_release(), "release.created", "{package}/version/2.0.0"),
    "retry_release": (lambda w: w.failed_release(), "release.retried", "{package}/version/2.0.0"),
    "activate_release": (lambda w: w.release("activate"), "release.activated", "{package}/version/1.0.0"),
    "deactivate_release": (
        lambda w: w.release("activate", "deactivate"), "release.deactivated", "{package}/version/1.0.0",
    ),
    "delete_release": (lambda w: w.release(), "version.deleted", "{package}/version/1.0.0"),
    "change_task": (
        lambda w: w.root.patch("/api/v1/tasks/collect", {"enabled": False}), "task.changed", "task/collect",
    ),
    "start_collect": (lambda w: w.root.post("/api/v1/maintenance/collect"), "maintenance.started", "job/*"),
    "start_sweep": (lambda w: w.root.post("/api/v1/maintenance/sweep"), "maintenance.started", "job/*"),
    "start_fsck": (lambda w: w.root.post("/api/v1/maintenance/fsck"), "maintenance.started", "job/*"),
}
# fmt: on


def form_file() -> Any:
    """Return a file as the test client sends one."""
    return io.BytesIO(b"bytes"), "a.bin"


@pytest.fixture
def world(app_with: AppWith, requests_mock: Mocker) -> Changing:
    """A workshop, an administrator, and a WeChat that knows somebody."""
    app = app_with(**wechat.SETTINGS, SMTP_HOST="mail.example", SMTP_FROM="registry@example.com")
    requests_mock.get(wechat.URL, json=wechat.person())
    inside = Inside(app)
    root = once(app, "root", lambda: inside.person("root", is_admin=True))
    return Changing(app, inside.client.as_(root.token), once(app, "shop", inside.workshop))


def changing(app: Flask) -> set[str]:
    """Return the operations that are not there to read."""
    return {row.operation for row in rows(app).values() if row.method not in {"GET", "HEAD"}}


def test_every_operation_that_changes_something_is_in_the_table(app: Flask) -> None:
    assert changing(app) == set(CHANGES) | set(NOT_RECORDED)


@pytest.mark.same_everywhere
@pytest.mark.parametrize("operation", CHANGES)
def test_given_a_change_then_the_log_has_it(world: Changing, operation: str) -> None:
    change, action, what = CHANGES[operation]

    change(world)

    expected = what.format(project=world.project, package=world.package, **world.known)
    found = entries(world.root, action=action)
    assert found, "something was recorded"
    assert fits(found[-1]["object"], expected), (found[-1], expected)
    assert found[-1]["address"] == "127.0.0.1"
    assert found[-1]["request_id"]


def fits(path: str, pattern: str) -> bool:
    """Tell whether a path is what a pattern with `*` for unknown numbers says."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        want in ("*", part) for part, want in zip(parts, wanted, strict=True)
    )


def test_a_change_says_who_did_it_with_what_and_what_was_before(world: Changing) -> None:
    shop = world.shop
    first = shop.upload(b"one", tag="stable").data["artifact_id"]

    answer = shop.writer.put(
        shop.url("/upload/b.bin"), b"two", query={"tag": "stable"}, headers={"X-Request-ID": "r-7"}
    )

    moved = entries(world.root, action="tag.moved")[-1]
    assert (moved["actor_id"], moved["credential"]) == (shop.people["writer"].id, "api_key")
    assert moved["credential_id"].isdigit()
    assert (moved["before"], moved["after"]) == ({"artifact_id": first}, {"artifact_id": sha256(b"two")})
    assert moved["request_id"] == answer.headers["X-Request-ID"] == "r-7"


def test_a_member_says_the_role_before_and_after(world: Changing) -> None:
    world.shop.owner.request("PUT", world.member(), json={"role": "maintainer"}).ok()

    entry = entries(world.root, action="member.set")[-1]
    assert (entry["before"], entry["after"]) == ({"role": "reader"}, {"role": "maintainer"})


def test_what_changes_nothing_leaves_nothing(world: Changing) -> None:
    world.shop.upload(b"one", tag="stable", version="1.0.0")
    before = entries(world.root)

    world.shop.stranger.put(world.shop.url("/upload/a.bin"), b"x")
    world.shop.owner.request("PUT", world.member(), json={"role": "reader"}).ok()
    world.shop.reader.delete(world.shop.url("/tags/stable"))

    assert entries(world.root) == before


def test_a_refused_change_leaves_nothing_of_its_transaction(world: Changing) -> None:
    world.shop.upload(b"one", version="1.0.0").ok()
    before = entries(world.root)

    refused = world.shop.writer.put(
        world.shop.url("/upload/a.bin"), b"two", query={"version": "1.0.0", "tag": "stable"}
    )

    assert refused.status == 409
    assert entries(world.root) == before


def test_refused_logins_are_summed_up(world: Changing) -> None:
    world.login()
    for _ in range(30):
        world.client.post(
            "/api/v1/auth/login", {"email": "ada@example.com", "password": "hunter2-typed-here"}
        )

    refused = entries(world.root, action="login.refused")

    assert [(entry["after"]["why"], entry["after"]["failures"]) for entry in refused] == [
        ("credentials", 1), ("credentials", 10), ("limit", 1), ("limit", 10),
    ]  # fmt: skip
    assert {entry["object"] for entry in refused} == {f"user/{world.known['ada']}"}
    assert "hunter2" not in json.dumps(entries(world.root))


def test_a_replayed_refresh_token_is_an_event(world: Changing, time: Any) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    world.client.post("/api/v1/auth/register", body)
    token = {"refresh_token": world.client.post("/api/v1/auth/login", body).data["refresh_token"]}
    world.client.post("/api/v1/auth/refresh", token).ok()
    time.advance(seconds=60)

    assert world.client.post("/api/v1/auth/refresh", token).status == 401

    assert "refresh token" in entries(world.root, action="session.ended")[-1]["before"]["why"]


def test_long_and_strange_texts_fit(world: Changing) -> None:
    strange = "\x01\U0001f600" * 500
    path = f"/api/v1/{world.project}/packages/{world.shop.package}"

    world.shop.owner.patch(path, {"description": strange}).ok()

    after = entries(world.root, action="package.changed")[-1]["after"]["description"]
    assert (len(after), after[-1], after[:2]) == (200, "…", strange[:2])
