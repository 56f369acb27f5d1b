"""One valid request for each operation of the API (a line of `REQUESTS`), and where it is sent."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from tests.support import builders
from tests.support.builders import Person, numbers
from tests.support.client import ApiClient
from tests.support.face_requests import FACE_REQUESTS, FaceRequest
from tests.support.identities import IDENTITIES, READ, WRITE, Requester
from tests.support.inside import Inside
from tests.support.npm_account_requests import NPM_ACCOUNT_REQUESTS, PASSWORD
from tests.support.shared_app import once
from tests.support.spoiled_credentials import change
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.keys.models import ApiKey, write_scopes
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import Actor, CredentialKind, Role, Scope
from wxcloudrun.users.models import User
from wxcloudrun.users.service.passwords import Passwords

API = "/api/v1"
TUS = {"Tus-Resumable": "1.0.0"}
APPEND = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}


class Scene(Inside):
    """A project with a package that holds something, somebody who owns it, and whoever calls."""

    def __init__(self, app: Flask, *, is_public: bool) -> None:
        super().__init__(app)
        self.number = next(numbers)
        self._owner = self.person("scene-owner")
        self.owner = self.client.as_(self._owner.token)
        self.project = f"{API}/project/p{self.number}"
        self.package = f"{self.project}/box"
        self.owner.post(f"{API}/projects", {"name": f"p{self.number}", "is_public": is_public}).ok()
        self.owner.post(f"{self.project}/packages", {"name": "box"}).ok()
        self.digest = self.upload(b"bytes", tag="stable", version="1.0.0").data["artifact_id"]
        self.caller: Person | None = None
        self.presented = "nothing"  # the caller's credential
        self._admitted: dict[str, tuple[Person, str]] = {}
        self._guest: Person | None = None
        self._robot = ""

    def upload(self, data: bytes, **names: str) -> Any:
        """Upload something as the owner."""
        return self.owner.put(f"{self.package}/upload/a.bin", data, query=names).ok()

    def upload_session(self) -> str:
        """Return where an upload is whose only part has come, and may come again."""
        wanted = {"filename": "a.bin", "size": len(b"more bytes")}
        url = str(self.owner.post(f"{self.package}/uploads/sessions", wanted).ok().data["url"])
        self.owner.put(f"{url}/parts/1", b"more bytes").ok()
        return url

    def tus_upload(self) -> str:
        """Begin an upload as a tus client of the owner, and return where it is."""
        length = {"Upload-Length": "3"}
        return self.owner.post(f"/tus/p{self.number}/box", headers=TUS | length).ok().headers["Location"]

    def release(self) -> str:
        """Return where the release is that the version of the scene is."""
        return f"{API}/packages/{self.owner.get(f'{self.package}/versions/1.0.0').ok().data['id']}"

    def enter(self, identity: Requester) -> ApiClient:
        """Let somebody in, as they are described, and return their client."""
        self.caller = None
        if not identity.is_known:
            return self.client.as_(None)
        if identity.name not in self._admitted:
            self._admitted[identity.name] = self._admit(identity)
        self.caller, token = self._admitted[identity.name]
        self.presented = token
        return self.client.as_(token)

    def _admit(self, identity: Requester) -> tuple[Person, str]:
        """Make somebody as they are described, and the key that they present."""
        if identity.is_service and identity.role is not None:
            return self.service_account(identity.role)
        person = self.person("caller", is_admin=identity.is_admin)
        if identity.role is not None:
            self.give_role(person, identity.role)
        bound = self.bound_project(identity, person)
        with self.app.app_context():
            token = builders.key(self.app, person.actor, identity.scopes, project=bound)
            if identity.spoil is not None:
                identity.spoil(person)
        return person, token

    def service_account(self, role: Role) -> tuple[Person, str]:
        """Make a service account of the project, and its key."""
        body = {"name": f"robot-{next(numbers)}", "project": f"p{self.number}", "role": role.label}
        made = self.owner.post(f"{API}/service-accounts", body).ok().data
        keys = f"{API}/service-accounts/{made['id']}/keys"
        token = str(self.owner.post(keys, {"name": "key"}).ok().data["key"])
        actor = Actor(made["id"], False, READ | WRITE, CredentialKind.NONE)
        return Person(made["id"], "", made["username"], token, actor), token

    def bound_project(self, identity: Requester, person: Person) -> str | None:
        """Return the name of the project that a key is bound to."""
        if identity.bound_to == "elsewhere":
            name = f"elsewhere-{next(numbers)}"
            self.client.as_(person.token).post(f"{API}/projects", {"name": name}).ok()
            return name
        return f"p{self.number}" if identity.bound_to == "here" else None

    def give_role(self, person: Person, role: Role) -> None:
        """Make somebody a member."""
        wanted = {"user": person.email, "role": role.label}
        self.owner.post(f"{self.project}/members", wanted).ok()

    def guest(self) -> Person:
        """Return somebody else, who reads in the project."""
        if self._guest is None:
            self._guest = self.person("guest")
            self.give_role(self._guest, Role.READER)
        return self._guest

    def robot(self) -> str:
        """Return where another service account is, which has a key."""
        if not self._robot:
            self._robot = f"{API}/service-accounts/{self.service_account(Role.READER)[0].id}"
        return self._robot

    def key_of(self, person_id: int) -> int:
        """Return the id of the newest key of somebody."""
        newest = select(ApiKey.id).where(ApiKey.user_id == person_id).order_by(ApiKey.id.desc()).limit(1)
        return int(self.column(newest)[0])

    def own_key_id(self) -> int:
        """Return the id of the key that the caller presents; any other for one without."""
        return 1 if self.caller is None else self.key_of(self.caller.id)

    def everyday_key_id(self) -> int:
        """Return the id of a key on the caller's, without the scope `admin`, which may do as much else."""
        if self.caller is None:
            return 1
        own_id = self.own_key_id()
        with self.app.app_context(), transaction() as tx:
            presented = tx.session.get_one(ApiKey, own_id)
            secret = ids.new_secret()
            copy = ApiKey(
                user_id=presented.user_id,
                name="everyday",
                prefix=secret[:12],
                key_hash=ids.keyed_hash(secret, key=b"tests"),
                scopes=write_scopes(presented.scope_set - {Scope.ADMIN}),
                project_id=presented.project_id,
                created_at=clock.now(),
                created_by=presented.user_id,
                parent_id=own_id,
                expires_at=presented.expires_at,
            )
            tx.session.add(copy)
            tx.session.flush()
            return copy.id

    def give_password(self, person: Person) -> None:
        """Let somebody have a password."""
        self.change(update(User).where(User.id == person.id).values(password_hash=password_hash()))

    def login(self) -> dict[str, Any]:
        """Log the guest in and return their tokens."""
        guest = self.guest()
        self.give_password(guest)
        return self.client.post(f"{API}/auth/login", {"email": guest.email, "password": PASSWORD}).ok().data

    def job(self) -> int:
        """Put a job down and return its id."""
        with self.app.app_context(), transaction() as tx:
            return self.service(JobQueue).enqueue(tx, "collect", {})

    def adoption(self) -> int:
        """Ask for an adoption and return its number."""
        return int(self.owner.post(f"{self.package}/adopt", {"format": "npm"}).ok().data["id"])

    def link(self) -> str:
        """Return the path of a signed link to the bytes."""
        answer = self.owner.get(f"{self.package}/+/stable", query={"mode": "presigned"}).ok()
        return str(answer.data["url"]).partition("/api/")[2]


def full_scene(app: Flask, *, is_public: bool) -> Scene:
    """Return a scene in an emptied application, with everybody let in."""

    def build() -> Scene:
        scene = Scene(app, is_public=is_public)
        for identity in IDENTITIES:
            scene.enter(identity)
        scene.guest()
        scene.robot()
        with app.app_context():
            change(update(ApiKey).values(last_used_at=clock.now()))  # or each would write its first use down
        return scene

    return once(app, "public scene" if is_public else "scene", build)


hashes: list[str] = []


def password_hash() -> str:
    """Return a hash of the password that everybody has; hashing takes time on purpose."""
    if not hashes:
        hashes.append(Passwords().hash(PASSWORD))
    return hashes[0]


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A request; `options` are those of the client."""

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


def of(path: str, **options: Any) -> SampleRequest:
    """Write a request down."""
    return SampleRequest(path, options)


def of_face(write: Callable[[Any], FaceRequest], scene: Scene) -> SampleRequest:
    """Write the request of a foreign client down."""
    path, options = write(scene)
    return of(path, **options)


def new_email() -> str:
    """Return an address that nobody has."""
    return f"new-{next(numbers)}@example.com"


def password_change(scene: Scene) -> SampleRequest:
    """Change the caller's own password, which they must have."""
    if scene.caller is not None:
        scene.give_password(scene.caller)
    body = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    return of(f"{API}/auth/password", json=body)


def log_in(scene: Scene) -> SampleRequest:
    """Log in as the guest."""
    guest = scene.guest()
    scene.give_password(guest)
    return of(f"{API}/auth/login", json={"email": guest.email, "password": PASSWORD})


def form() -> dict[str, Any]:
    """A form with a file."""
    return {"file": (io.BytesIO(b"more bytes"), "b.bin")}


def member(scene: Scene) -> str:
    """Return where the guest's membership is."""
    return f"{scene.project}/members/{scene.guest().id}"


OF_FACES: Mapping[str, Callable[[Any], FaceRequest]] = {**FACE_REQUESTS, **NPM_ACCOUNT_REQUESTS}
REQUESTS: Mapping[str, Callable[[Scene], SampleRequest]] = {
    **{operation: partial(of_face, write) for operation, write in OF_FACES.items()},
    "home": lambda _: of("/"),
    "health": lambda _: of("/api/health"),
    "ready": lambda _: of("/api/ready"),
    "openapi": lambda _: of("/api/openapi.json"),
    "docs": lambda _: of("/api/docs"),
    "docs_asset": lambda _: of("/api/docs/start.js"),
    "register": lambda _: of(f"{API}/auth/register", json={"email": new_email(), "password": PASSWORD}),
    "log_in": log_in,
    "refresh": lambda s: of(f"{API}/auth/refresh", json={"refresh_token": s.login()["refresh_token"]}),
    "log_out": lambda _: of(f"{API}/auth/logout"),
    "show_me": lambda _: of(f"{API}/auth/me"),
    "make_key": lambda _: of(f"{API}/auth/keys", json={"name": "key"}),
    "list_keys": lambda _: of(f"{API}/auth/keys"),
    "revoke_key": lambda s: of(f"{API}/auth/keys/{s.own_key_id()}"),
    "rotate_key": lambda s: of(f"{API}/auth/keys/{s.everyday_key_id()}/rotate", json={}),
    "revoke_credential": lambda _: of(f"{API}/auth/token"),
    "change_password": password_change,
    "log_in_by_wechat": lambda _: of(f"{API}/auth/wechat", json={"code": "code"}),
    "bind_wechat": lambda _: of(f"{API}/auth/wechat", json={"code": "code"}),
    "show_wechat": lambda _: of(f"{API}/auth/wechat"),
    "unbind_wechat": lambda _: of(f"{API}/auth/wechat"),
    "ask_for_recovery": lambda _: of(f"{API}/auth/recovery", json={"email": "nobody@example.com"}),
    "recover": lambda _: of(
        f"{API}/auth/recovery/complete", json={"token": "wxrm_none", "new_password": "another long one"}
    ),
    "ask_for_verification": lambda _: of(f"{API}/auth/email/verify"),
    "verify_email": lambda _: of(f"{API}/auth/email/verified", json={"token": "wxrm_none"}),
    "prove": lambda _: of(f"{API}/auth/proof", json={"password": PASSWORD}),
    "end_everything": lambda _: of(f"{API}/auth/end-everything", json={}),
    "list_sessions": lambda _: of(f"{API}/auth/sessions"),
    "end_session": lambda _: of(f"{API}/auth/sessions/{'0' * 32}"),
    "show_second_factor": lambda _: of(f"{API}/auth/second-factor"),
    "offer_second_factor": lambda _: of(f"{API}/auth/second-factor"),
    "confirm_second_factor": lambda _: of(f"{API}/auth/second-factor/confirm", json={"totp": "000000"}),
    "renew_recovery_codes": lambda _: of(f"{API}/auth/second-factor/recovery-codes"),
    "remove_second_factor": lambda _: of(f"{API}/auth/second-factor"),
    "see_notices": lambda _: of(f"{API}/auth/notices/seen", json={"up_to": 1}),
    "bind_email": lambda _: of(f"{API}/auth/email", json={"email": new_email(), "password": PASSWORD}),
    "list_users": lambda _: of(f"{API}/users"),
    "create_user": lambda _: of(f"{API}/users", json={"username": "new", "email": new_email()}),
    "get_user": lambda s: of(f"{API}/users/{s.guest().id}"),
    "change_user": lambda s: of(f"{API}/users/{s.guest().id}", json={"username": "renamed"}),
    "delete_user": lambda s: of(f"{API}/users/{s.guest().id}"),
    "list_keys_of_user": lambda s: of(f"{API}/users/{s.guest().id}/keys"),
    "revoke_key_of_user": lambda s: of(f"{API}/users/{(guest := s.guest().id)}/keys/{s.key_of(guest)}"),
    "list_projects": lambda _: of(f"{API}/projects"),
    "create_project": lambda _: of(f"{API}/projects", json={"name": f"new-{next(numbers)}"}),
    "get_project": lambda s: of(s.project),
    "change_project": lambda s: of(s.project, json={"description": "new"}),
    "delete_project": lambda s: of(s.project, query={"force": "true"}),
    "list_members": lambda s: of(f"{s.project}/members"),
    "add_member": lambda s: of(f"{s.project}/members", json={"user": "nobody@example.com", "role": "writer"}),
    "set_member": lambda s: of(member(s), json={"role": "writer"}),
    "remove_member": lambda s: of(member(s)),
    "list_service_accounts": lambda s: of(f"{API}/service-accounts", query={"project": f"p{s.number}"}),
    "create_service_account": lambda s: of(
        f"{API}/service-accounts",
        json={"name": f"new-{next(numbers)}", "project": f"p{s.number}", "role": "writer"},
    ),
    "get_service_account": lambda s: of(s.robot()),
    "change_service_account": lambda s: of(s.robot(), json={"is_active": False}),
    "delete_service_account": lambda s: of(s.robot()),
    "list_keys_of_service_account": lambda s: of(f"{s.robot()}/keys"),
    "make_key_of_service_account": lambda s: of(f"{s.robot()}/keys", json={"name": "key"}),
    "revoke_key_of_service_account": lambda s: of(
        f"{(robot := s.robot())}/keys/{s.key_of(int(robot.rpartition('/')[2]))}"
    ),
    "list_packages": lambda s: of(f"{s.project}/packages"),
    "create_package": lambda s: of(f"{s.project}/packages", json={"name": "new"}),
    "get_package": lambda s: of(f"{s.project}/packages/box"),
    "change_package": lambda s: of(f"{s.project}/packages/box", json={"description": "new"}),
    "delete_package": lambda s: of(f"{s.project}/packages/box", query={"force": "true"}),
    "upload_form": lambda s: of(f"{s.package}/upload", form=form()),
    "upload_raw": lambda s: of(f"{s.package}/upload/b.bin", data=b"more bytes"),
    "begin_upload_session": lambda s: of(f"{s.package}/uploads/sessions", json={"filename": "a", "size": 3}),
    "list_upload_sessions": lambda s: of(f"{s.package}/uploads/sessions"),
    "check_files": lambda s: of(f"{s.package}/uploads/check", json={"files": [{"filename": "a", "size": 3}]}),
    "get_upload_session": lambda s: of(s.upload_session()),
    "put_upload_part": lambda s: of(f"{s.upload_session()}/parts/1", data=b"more bytes"),
    "post_upload_part": lambda s: of(f"{s.upload_session()}/parts/1", form=form()),
    "complete_upload_session": lambda s: of(f"{s.upload_session()}/complete", json={}),
    "abort_upload_session": lambda s: of(s.upload_session()),
    "create_tus_upload": lambda s: of(f"/tus/p{s.number}/box", headers=TUS | {"Upload-Length": "3"}),
    "look_at_tus_upload": lambda s: of(s.tus_upload(), headers=TUS),
    "append_to_tus_upload": lambda s: of(s.tus_upload(), headers=APPEND, data=b"abc"),
    "terminate_tus_upload": lambda s: of(s.tus_upload(), headers=TUS),
    "list_uploads": lambda s: of(f"{s.package}/uploads"),
    "delete_upload": lambda s: of(f"{s.package}/uploads/{s.upload(b'bare').data['id']}"),
    "download": lambda s: of(f"{s.package}/+/stable"),
    "download_file": lambda s: of(f"{s.package}/+/stable/a.bin"),
    "resolve": lambda s: of(f"{s.package}/resolve", query={"ref": "stable"}),
    "get_artifact": lambda s: of(f"{API}/artifact/{s.upload(str(s.number).encode()).data['artifact_id']}"),
    "linked_blob": lambda s: of(f"/api/{s.link()}"),
    "list_tags": lambda s: of(f"{s.package}/tags"),
    "get_tag": lambda s: of(f"{s.package}/tags/stable"),
    "put_tag": lambda s: of(f"{s.package}/tags/new", json={"version": "1.0.0"}),
    "delete_tag": lambda s: of(f"{s.package}/tags/stable"),
    "list_tag_history": lambda s: of(f"{s.package}/tags/stable/history"),
    "list_versions": lambda s: of(f"{s.package}/versions"),
    "get_version": lambda s: of(f"{s.package}/versions/1.0.0"),
    "change_version": lambda s: of(f"{s.package}/versions/1.0.0", json={"yanked": "broken"}),
    "delete_version": lambda s: of(f"{s.package}/versions/1.0.0"),
    "list_files": lambda s: of(f"{s.package}/versions/1.0.0/files"),
    "get_file": lambda s: of(f"{s.package}/versions/1.0.0/files/a.bin"),
    "delete_file": lambda s: of(f"{s.package}/versions/1.0.0/files/a.bin"),
    "seal_version": lambda s: of(f"{s.package}/versions/1.0.0/seal"),
    "start_adoption": lambda s: of(f"{s.package}/adopt", json={"format": "pypi"}),
    "get_adoption": lambda s: of(f"{s.package}/adopt/{s.adoption()}"),
    "create_release": lambda s: of(
        f"{API}/packages", json={"name": "box", "version": "7.0.0", "project": f"p{s.number}"}
    ),
    "list_releases": lambda _: of(f"{API}/packages"),
    "get_release": lambda s: of(s.release()),
    "get_release_log": lambda s: of(f"{s.release()}/log"),
    "activate_release": lambda s: of(f"{s.release()}/activate"),
    "deactivate_release": lambda s: of(f"{s.release()}/deactivate"),
    "retry_release": lambda s: of(f"{s.release()}/retry"),
    "delete_release": lambda s: of(s.release()),
    "search": lambda _: of(f"{API}/search"),
    "list_audit": lambda _: of(f"{API}/audit"),
    "verify_audit": lambda _: of(f"{API}/audit/verify"),
    "show_stats": lambda _: of("/api/stats"),
    "show_metrics": lambda _: of("/metrics"),
    "list_jobs": lambda _: of(f"{API}/jobs"),
    "get_job": lambda s: of(f"{API}/jobs/{s.job()}"),
    "list_tasks": lambda _: of(f"{API}/tasks"),
    "get_task": lambda _: of(f"{API}/tasks/collect"),
    "change_task": lambda _: of(f"{API}/tasks/collect", json={"enabled": False}),
    "start_collect": lambda _: of(f"{API}/maintenance/collect"),
    "start_sweep": lambda _: of(f"{API}/maintenance/sweep", json={"force": False}),
    "start_fsck": lambda _: of(f"{API}/maintenance/fsck", json={"deep": True}),
}
