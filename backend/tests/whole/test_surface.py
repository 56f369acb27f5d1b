"""What the service shows to the outside: every URL is a row, and who gets what from it stands here."""

from collections import Counter

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.each import each
from tests.support.identities import IDENTITIES, Requester
from tests.support.needs import FACE_NEEDS, PUBLIC, Needs, Who
from tests.support.reach import Reach
from tests.support.surface import REQUESTS, full_scene
from wxcloudrun.keys.models import write_scopes
from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.security import Role, Scope, with_parts
from wxcloudrun.metadata import BLUEPRINTS
from wxcloudrun.web.endpoint import CONVERTERS, BodyFormat, Caller, Endpoint, rows
from wxcloudrun.web.parsing import Input, Output, Query

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
READ_WRITE = frozenset({READ, WRITE})  # what a build server has
DOWNLOAD, UPLOAD, RELEASE, MANAGE = Scope.DOWNLOAD, Scope.UPLOAD, Scope.RELEASE, Scope.MANAGE
ANYONE, KNOWN, PERSON, UNBOUND = Who.ANYONE, Who.KNOWN, Who.PERSON, Who.UNBOUND
ADMINISTRATOR = Who.ADMINISTRATOR
READER, WRITER, MAINTAINER, OWNER = Role.READER, Role.WRITER, Role.MAINTAINER, Role.OWNER

NEEDS = {
    **FACE_NEEDS,
    "home": Needs(ANYONE),
    "health": Needs(ANYONE),
    "ready": Needs(ANYONE),
    "openapi": Needs(ANYONE),
    "docs": Needs(ANYONE),
    "docs_asset": Needs(ANYONE),
    # accounts
    "register": Needs(ANYONE, answers=201),
    "log_in": Needs(ANYONE),
    "refresh": Needs(ANYONE),
    "ask_for_recovery": Needs(ANYONE, answers=404),  # the service of the table sends no mail
    "recover": Needs(ANYONE, answers=404),
    "log_out": Needs(KNOWN, answers=409),  # an API key has no login to end
    "show_me": Needs(KNOWN),
    "make_key": Needs(PERSON, WRITE),
    "list_keys": Needs(KNOWN, READ),
    "revoke_key": Needs(KNOWN, WRITE, answers=204),
    "rotate_key": Needs(PERSON, WRITE),
    "revoke_credential": Needs(KNOWN, answers=204),
    # No key changes how its owner logs in, or sees it.
    "change_password": Needs(KNOWN, ADMIN, answers=403),
    "ask_for_verification": Needs(KNOWN, ADMIN, answers=403),
    "verify_email": Needs(KNOWN, ADMIN, answers=403),
    "prove": Needs(KNOWN, ADMIN, answers=403),
    "end_everything": Needs(KNOWN, ADMIN, answers=403),
    "list_sessions": Needs(KNOWN, ADMIN, answers=403),
    "end_session": Needs(KNOWN, ADMIN, answers=403),
    "show_wechat": Needs(KNOWN, ADMIN, answers=403),
    "unbind_wechat": Needs(KNOWN, ADMIN, answers=403),
    "show_second_factor": Needs(KNOWN, ADMIN, answers=403),
    "offer_second_factor": Needs(KNOWN, ADMIN, answers=403),
    "confirm_second_factor": Needs(KNOWN, ADMIN, answers=403),
    "renew_recovery_codes": Needs(KNOWN, ADMIN, answers=403),
    "remove_second_factor": Needs(KNOWN, ADMIN, answers=403),
    "see_notices": Needs(KNOWN, ADMIN, answers=403),
    "log_in_by_wechat": Needs(ANYONE, answers=503),  # no mini-program is set up here
    "bind_wechat": Needs(KNOWN, ADMIN, answers=403),
    "bind_email": Needs(KNOWN, ADMIN, answers=403),
    "list_users": Needs(ADMINISTRATOR, ADMIN),
    "create_user": Needs(ADMINISTRATOR, ADMIN, answers=201),
    "get_user": Needs(ADMINISTRATOR, ADMIN),
    "change_user": Needs(ADMINISTRATOR, ADMIN),
    "delete_user": Needs(ADMINISTRATOR, ADMIN, answers=204),
    "list_keys_of_user": Needs(ADMINISTRATOR, ADMIN),
    "revoke_key_of_user": Needs(ADMINISTRATOR, ADMIN, answers=204),
    # projects
    "list_projects": Needs(KNOWN, DOWNLOAD),
    "create_project": Needs(UNBOUND, WRITE),
    "get_project": Needs(READER, DOWNLOAD, PUBLIC),
    "change_project": Needs(MAINTAINER, MANAGE),
    "delete_project": Needs(OWNER, MANAGE, answers=204),
    "list_members": Needs(MAINTAINER, READ),
    "add_member": Needs(MAINTAINER, MANAGE, answers=202),
    "set_member": Needs(MAINTAINER, MANAGE),
    "remove_member": Needs(MAINTAINER, MANAGE, answers=204),
    # service accounts of a project
    "list_service_accounts": Needs(MAINTAINER, READ),
    "create_service_account": Needs(OWNER, ADMIN, answers=201),
    "get_service_account": Needs(MAINTAINER, READ),
    "change_service_account": Needs(OWNER, ADMIN),
    "delete_service_account": Needs(OWNER, ADMIN, answers=204),
    "list_keys_of_service_account": Needs(MAINTAINER, READ),
    "make_key_of_service_account": Needs(OWNER, ADMIN),
    "revoke_key_of_service_account": Needs(OWNER, ADMIN, answers=204),
    # packages
    "list_packages": Needs(READER, DOWNLOAD, PUBLIC),
    "create_package": Needs(WRITER, WRITE),
    "get_package": Needs(READER, DOWNLOAD, PUBLIC),
    "change_package": Needs(WRITER, WRITE),
    "delete_package": Needs(MAINTAINER, MANAGE, answers=204),
    # bytes
    "upload_form": Needs(WRITER, UPLOAD),
    "upload_raw": Needs(WRITER, UPLOAD),
    "begin_upload_session": Needs(WRITER, UPLOAD, answers=201),
    "list_upload_sessions": Needs(READER, DOWNLOAD),
    "check_files": Needs(WRITER, UPLOAD),
    "get_upload_session": Needs(WRITER, UPLOAD),
    "put_upload_part": Needs(WRITER, UPLOAD),
    "post_upload_part": Needs(WRITER, UPLOAD),
    "complete_upload_session": Needs(WRITER, UPLOAD),
    "abort_upload_session": Needs(WRITER, UPLOAD, answers=204),
    "create_tus_upload": Needs(WRITER, UPLOAD, answers=201),
    "look_at_tus_upload": Needs(WRITER, UPLOAD),
    "append_to_tus_upload": Needs(WRITER, UPLOAD, answers=204),
    "terminate_tus_upload": Needs(WRITER, UPLOAD, answers=204),
    "list_uploads": Needs(READER, DOWNLOAD, PUBLIC),
    "delete_upload": Needs(MAINTAINER, WRITE, answers=204),
    "download": Needs(READER, DOWNLOAD, PUBLIC),
    "download_file": Needs(READER, DOWNLOAD, PUBLIC),
    "resolve": Needs(READER, DOWNLOAD, PUBLIC),
    "get_artifact": Needs(READER, DOWNLOAD, PUBLIC),
    "linked_blob": Needs(ANYONE),
    # tags and versions
    "list_tags": Needs(READER, DOWNLOAD, PUBLIC),
    "get_tag": Needs(READER, DOWNLOAD, PUBLIC),
    "put_tag": Needs(WRITER, RELEASE),
    "delete_tag": Needs(WRITER, RELEASE, answers=204),
    "list_tag_history": Needs(READER, DOWNLOAD, PUBLIC),
    "list_versions": Needs(READER, DOWNLOAD, PUBLIC),
    "get_version": Needs(READER, DOWNLOAD, PUBLIC),
    "change_version": Needs(WRITER, RELEASE),
    "delete_version": Needs(MAINTAINER, WRITE, answers=204),
    "list_files": Needs(READER, DOWNLOAD, PUBLIC),
    "get_file": Needs(READER, DOWNLOAD, PUBLIC),
    "delete_file": Needs(MAINTAINER, WRITE, answers=204),
    "seal_version": Needs(WRITER, RELEASE),
    "start_adoption": Needs(WRITER, WRITE, answers=202),
    "get_adoption": Needs(WRITER, WRITE),
    # releases
    "create_release": Needs(WRITER, RELEASE, answers=201),
    "list_releases": Needs(KNOWN, DOWNLOAD),
    "get_release": Needs(READER, DOWNLOAD, PUBLIC),
    "get_release_log": Needs(READER, DOWNLOAD, PUBLIC),
    "activate_release": Needs(WRITER, RELEASE),
    "deactivate_release": Needs(WRITER, RELEASE),
    "retry_release": Needs(WRITER, RELEASE, answers=409),  # it has not failed
    "delete_release": Needs(MAINTAINER, WRITE, answers=204),
    "search": Needs(KNOWN, DOWNLOAD),
    "list_audit": Needs(ADMINISTRATOR, ADMIN),
    "verify_audit": Needs(ADMINISTRATOR, ADMIN),
    "show_stats": Needs(ADMINISTRATOR, ADMIN),
    "show_metrics": Needs(ANYONE),
    # work in the background
    "list_jobs": Needs(ADMINISTRATOR, ADMIN),
    "get_job": Needs(ADMINISTRATOR, ADMIN),
    "list_tasks": Needs(ADMINISTRATOR, ADMIN),
    "get_task": Needs(ADMINISTRATOR, ADMIN),
    "change_task": Needs(ADMINISTRATOR, ADMIN),
    "start_collect": Needs(ADMINISTRATOR, ADMIN, answers=202),
    "start_sweep": Needs(ADMINISTRATOR, ADMIN, answers=202),
    "start_fsck": Needs(ADMINISTRATOR, ADMIN, answers=202),
}


# npm sends what it asks about in a body; nothing is written.
ASKING_WITH_A_BODY = {"npm_audit_versions", "npm_audit_quickly", "npm_audit_tree"}


def due(needs: Needs, identity: Requester, *, is_public: bool) -> int:
    """Return the status that somebody is due."""
    if needs.who is ANYONE:
        return needs.answers
    if not identity.is_valid:
        return 401
    if not identity.is_known:
        return needs.answers if is_public and needs.is_public else 401
    if needs.scope is not None and needs.scope not in with_parts(identity.scopes):
        return 403
    if isinstance(needs.who, Role):
        return due_in_project(needs, identity.role_in_project(is_public=is_public))
    is_enough = {
        KNOWN: True,
        PERSON: not identity.is_service,
        UNBOUND: identity.bound_to is None,
        ADMINISTRATOR: identity.administers,
    }[needs.who]
    return needs.answers if is_enough else 403


def due_in_project(needs: Needs, role: Role | None) -> int:
    """Return the status that somebody is due who has the scope and is this in the project."""
    if role is None:
        return 404
    assert isinstance(needs.who, Role)
    return needs.answers if role >= needs.who else 403


def endpoint_rows() -> dict[str, Endpoint]:
    """Return every row of the application by its operation id."""
    app = Flask("rows")
    app.url_map.converters.update(CONVERTERS)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return {row.operation: row for row in rows(app).values()}


ROWS = endpoint_rows()
IN_PROJECTS = sorted(name for name in ROWS if name in NEEDS and isinstance(NEEDS[name].who, Role))
each_row = each(ROWS.values(), lambda row: row.operation)


class TestMatrix:
    def test_every_operation_has_its_line_and_no_line_is_left_over(self) -> None:
        assert set(NEEDS) == set(ROWS), "say in NEEDS who may call it"
        assert set(REQUESTS) == set(ROWS), "give a valid request for it"

    @pytest.mark.parametrize("operation", sorted(ROWS))
    def test_everybody_gets_what_they_are_due(self, app_with: AppWith, operation: str) -> None:
        assert_matrix(app_with, operation, is_public=False)

    @pytest.mark.parametrize("operation", IN_PROJECTS)
    def test_in_a_public_project_too(self, app_with: AppWith, operation: str) -> None:
        assert_matrix(app_with, operation, is_public=True)


def assert_matrix(app_with: AppWith, operation: str, *, is_public: bool) -> None:
    """Send a request as everybody and compare what they get with what they are due."""
    row, needs = ROWS[operation], NEEDS[operation]
    wanted = {identity.name: due(needs, identity, is_public=is_public) for identity in IDENTITIES}
    # Who is refused changes nothing, so they may all try the same thing one after the other.
    refused_first = sorted(IDENTITIES, key=lambda identity: wanted[identity.name] < 400)
    scene = full_scene(app_with(), is_public=is_public)
    got: dict[str, int] = {}
    for identity in refused_first:
        if got and row.method != "GET" and wanted[identity.name] < 400:
            scene = full_scene(app_with(), is_public=is_public)
        caller = scene.enter(identity)
        sample = REQUESTS[operation](scene)
        before = Reach.of(scene.app) if identity.scopes == READ_WRITE else None
        answer = caller.request(row.method, sample.path, **sample.options)
        got[identity.name] = answer.status
        if before is not None and scene.caller is not None and row.caller is not Caller.ANYONE:
            before.refuse_more_than_writing(Reach.of(scene.app), scene.caller.id)
        if answer.status == 401:
            assert "WWW-Authenticate" in answer.headers
    assert got == wanted


class TestScopes:
    """What a row says of scopes, against what is said here and what its actions need."""

    @each_row
    def test_a_row_asks_for_the_scope_that_is_due(self, row: Endpoint) -> None:
        needs = NEEDS[row.operation]

        assert row.scope == (None if needs.who is ANYONE else needs.scope)

    @each_row
    def test_what_changes_something_says_whether_it_widens_access(self, row: Endpoint) -> None:
        if row.method != "GET" and row.caller is not Caller.ANYONE and row.method != "HEAD":
            assert row.widens_access is not None, "say in the row whether it may let somebody read or act"

    @each_row
    def test_nothing_that_widens_access_or_destroys_much_is_for_keys_that_write(self, row: Endpoint) -> None:
        if row.widens_access or row.destroys_much:
            assert row.scope in {Scope.MANAGE, Scope.ADMIN}
            assert row.or_scope is None

    @pytest.mark.parametrize("scope", [Scope.DOWNLOAD, Scope.UPLOAD, Scope.RELEASE, Scope.MANAGE])
    def test_a_key_of_one_fine_scope_is_refused_the_rest(self, app_with: AppWith, scope: Scope) -> None:
        scene = full_scene(app_with(), is_public=False)
        caller = scene.enter(Requester(f"owner's key to {scope}", Role.OWNER, frozenset({scope})))
        for row in ROWS.values():
            if row.scope in {None, scope} or row.or_scope is scope or row.caller is Caller.ANYONE:
                continue
            sample = REQUESTS[row.operation](scene)
            answer = caller.request(row.method, sample.path, **sample.options)
            assert answer.status == 403, row.operation
            if row.method != "HEAD" and not row.protocol:
                assert answer.data["needs_scope"] == row.scope

    def test_every_name_fits_into_the_column(self) -> None:
        assert len(write_scopes(frozenset(Scope))) <= 64


class TestRows:
    def test_every_url_is_a_row(self, app: Flask) -> None:
        urls = {rule.endpoint for rule in app.url_map.iter_rules()}

        assert urls == set(rows(app))
        assert len(urls) == len(list(app.url_map.iter_rules()))

    def test_every_url_takes_the_method_of_its_row(self, app: Flask) -> None:
        automatic = {"HEAD", "OPTIONS"}
        for rule in app.url_map.iter_rules():
            row = rows(app)[rule.endpoint]
            assert ((rule.methods or set()) - automatic or {"HEAD"}) == {row.method}

    def test_operation_ids_are_unique(self, app: Flask) -> None:
        counted = Counter(row.operation for row in rows(app).values())

        assert [name for name, count in counted.items() if count > 1] == []

    def test_method_and_url_are_unique(self, app: Flask) -> None:
        counted = Counter((rows(app)[rule.endpoint].method, rule.rule) for rule in app.url_map.iter_rules())

        assert [row for row, count in counted.items() if count > 1] == []

    def test_these_ask_nobody_who_they_are(self) -> None:
        asking_nobody = {row.operation for row in ROWS.values() if row.caller is Caller.ANYONE}

        assert asking_nobody == {
            "home", "health", "ready", "openapi", "docs", "docs_asset", "register", "log_in",
            "log_in_by_wechat", "refresh", "linked_blob", "show_metrics", "ask_for_recovery", "recover",
            *(name for name, needs in FACE_NEEDS.items() if needs.who is ANYONE),
        }  # fmt: skip

    def test_these_are_open_where_the_project_is(self) -> None:
        public = {row.operation for row in ROWS.values() if row.caller is Caller.PUBLIC}

        assert public == {
            "get_project", "list_packages", "get_package", "list_uploads", "download",
            "download_file", "resolve", "get_artifact", "list_tags", "get_tag", "list_tag_history",
            "list_versions", "get_version", "list_files", "get_file", "get_release", "get_release_log",
            *(name for name, needs in FACE_NEEDS.items() if needs.is_public),
        }  # fmt: skip

    def test_these_need_a_credential_but_no_scope(self) -> None:
        scopeless = {
            row.operation for row in ROWS.values() if row.caller is not Caller.ANYONE and row.scope is None
        }

        assert scopeless == {"log_out", "show_me", "revoke_credential", "npm_log_out"}

    @each_row
    def test_what_changes_something_is_never_public_and_never_for_readers(self, row: Endpoint) -> None:
        if row.method != "GET" and row.operation not in ASKING_WITH_A_BODY:
            assert row.caller is not Caller.PUBLIC
            assert row.scope not in {Scope.READ, Scope.DOWNLOAD}

    @each_row
    def test_a_json_body_refuses_what_it_does_not_know(self, row: Endpoint) -> None:
        if isinstance(row.body, type):
            assert issubclass(row.body, Input)
            assert row.body.model_config.get("extra") == "forbid"
            assert row.body.model_config.get("strict") is True
            assert row.method in {"POST", "PUT", "PATCH"}
        else:
            assert row.body is None or isinstance(row.body, BodyFormat)

    @each_row
    def test_a_query_refuses_what_it_does_not_know(self, row: Endpoint) -> None:
        if row.query is not None:
            assert issubclass(row.query, Query)
            assert row.query.model_config.get("extra") == "forbid"

    @each_row
    def test_only_bytes_ignore_unknown_parameters(self, row: Endpoint) -> None:
        if not row.protocol:
            assert row.any_query == (row.operation in {"download", "download_file", "linked_blob"})

    @each_row
    def test_an_answer_has_a_shape(self, row: Endpoint) -> None:
        assert row.answer is None or issubclass(row.answer, Output)
        assert (row.status == 204) <= (row.answer is None)

    @each_row
    def test_it_says_what_it_is_for_and_how_it_refuses(self, row: Endpoint) -> None:
        assert row.summary
        assert row.operation == row.operation.lower()
        assert row.operation.isidentifier()
        assert all(issubclass(refusal, AppError) for refusal in row.errors)
        assert len(set(row.errors)) == len(row.errors)

    @each_row
    def test_a_url_has_no_slash_at_its_end(self, row: Endpoint) -> None:
        assert row.path.startswith("/")
        assert row.path == "/" or row.protocol or not row.path.endswith("/")
