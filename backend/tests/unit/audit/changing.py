"""A world in which everything can be changed that the service has."""

from typing import Any

from flask import Flask

from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.node_registry import NodeRegistry, package_of
from tests.support.registry import Workshop
from tests.support.second_factors import second_factor
from tests.support.surface import APPEND, TUS
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.mails.rules import TokenPurpose
from wxcloudrun.mails.service.tokens import MailedTokens
from wxcloudrun.users.models import User

PASSWORD = "correct horse battery staple"


class Changing(Inside):
    """Everything that there is to change."""

    def __init__(self, app: Flask, root: ApiClient, shop: Workshop) -> None:
        super().__init__(app)
        self.root = root
        self.shop = shop
        self.known: dict[str, Any] = {}

    @property
    def project(self) -> str:
        return f"project/{self.shop.project}"

    @property
    def package(self) -> str:
        return f"{self.project}/package/{self.shop.package}"

    def login(self) -> ApiClient:
        """Sign up and log in."""
        body = {"email": "ada@example.com", "password": PASSWORD}
        self.client.post("/api/v1/auth/register", body)
        data = self.client.post("/api/v1/auth/login", body).ok().data
        self.known["ada"] = data["user"]["id"]
        return self.client.as_(data["access_token"])

    def npm_login(self) -> str:
        """Log in with npm, in a project that one may read, and return the key."""
        self.login()
        self.shop.let_in("ada@example.com", "reader")
        url = f"/npm/{self.shop.project}/-/user/org.couchdb.user:ada@example.com"
        made = self.client.request("PUT", url, json={"name": "ada@example.com", "password": PASSWORD})
        return str(made.ok().data["token"])

    def published(self, tag: str = "latest") -> NodeRegistry:
        """Publish a package of npm's format."""
        registry = NodeRegistry(self.shop)
        registry.publish(package_of(), tag).ok()
        return registry

    def unpublish(self, way: str) -> None:
        """Unpublish its only version, in one of the ways that clients have."""
        registry = self.published()
        document = registry.packument()
        revision = f"/-rev/{document['_rev']}"
        match way:
            case "replace":
                left = {**document, "versions": {}, "dist-tags": {}}
                registry.send(left, rest=revision, by=self.shop.owner).ok()
            case "package":
                self.shop.owner.delete(registry.url(rest=revision)).ok()
            case _:
                self.shop.owner.delete(registry.url(rest=f"/-/lib-1.0.0.tgz{revision}")).ok()

    def end_session(self) -> None:
        """End the session that one is in, by its id."""
        ada = self.login()
        [session] = ada.get("/api/v1/auth/sessions").ok().items
        ada.delete(f"/api/v1/auth/sessions/{session['id']}")

    def bound(self) -> ApiClient:
        """Log somebody in whom WeChat lets in as well."""
        ada = self.login()
        ada.request("PUT", "/api/v1/auth/wechat", json={"code": "c"}).ok()
        return ada

    def mailed(self, purpose: TokenPurpose) -> str:
        """Return a token as it stands in a mail to whoever has signed up."""
        with self.app.app_context(), transaction() as tx:
            user = tx.session.get_one(User, self.known["ada"])
            user.email_verified_at = clock.now() if purpose is TokenPurpose.RECOVERY else None
            return self.service(MailedTokens).issue(tx, user.id, str(user.email), purpose)

    def verify(self) -> None:
        """Show that the address is one's own."""
        ada = self.login()
        token = self.mailed(TokenPurpose.VERIFICATION)
        ada.post("/api/v1/auth/email/verified", {"token": token}).ok()

    def recover(self) -> None:
        """Set a new password by mail."""
        self.login()
        body = {"token": self.mailed(TokenPurpose.RECOVERY), "new_password": "another long one"}
        self.client.post("/api/v1/auth/recovery/complete", body).ok()

    def with_factor(self) -> ApiClient:
        """Log somebody in, and give them a second factor."""
        ada = self.login()
        second_factor(ada)
        return ada

    def session(self) -> str:
        """Begin an upload of one byte in parts, and return where it is."""
        begun = self.shop.writer.post(self.shop.url("/uploads/sessions"), {"filename": "a", "size": 1})
        return str(begun.ok().data["url"])

    def tus(self) -> str:
        """Begin an upload of one byte as a tus client, and return where it is."""
        url = f"/tus/{self.shop.project}/{self.shop.package}"
        return self.shop.writer.post(url, headers={**TUS, "Upload-Length": "1"}).ok().headers["Location"]

    def append(self, url: str) -> None:
        """Append that byte."""
        self.shop.writer.request("PATCH", url, headers=APPEND, data=b"x").ok()

    def new_user(self) -> int:
        body = {"username": "new", "email": "new@example.com"}
        return int(self.root.post("/api/v1/users", body).ok().data["id"])

    def key(self) -> int:
        return int(self.shop.owner.post("/api/v1/auth/keys", {"name": "k"}).ok().data["id"])

    def robot(self) -> str:
        """Make a service account of the project."""
        body = {"name": "robot", "project": self.shop.project, "role": "writer"}
        made = self.shop.owner.post("/api/v1/service-accounts", body).ok()
        return f"/api/v1/service-accounts/{made.data['id']}"

    def key_of(self, whose: str) -> str:
        """Make a key for a service account or a user, and return where it is."""
        if "users" in whose:
            return f"{whose}/keys/{self.key()}"
        return f"{whose}/keys/{self.shop.owner.post(f'{whose}/keys', {'name': 'k'}).ok().data['id']}"

    def release(self, *verbs: str) -> None:
        """Upload a version and do these things with the release that it is."""
        self.shop.upload(b"x", version="1.0.0").ok()
        release_id = self.shop.reader.get(self.shop.url("/versions/1.0.0")).data["id"]
        for verb in verbs:
            self.shop.writer.post(f"/api/v1/packages/{release_id}/{verb}").ok()
        if not verbs:
            self.shop.maintainer.delete(f"/api/v1/packages/{release_id}").ok()

    def failed_release(self) -> None:
        """Make a release that fails, as there is no catalogue, and retry it."""
        body = {"name": self.shop.package, "version": "2.0.0", "project": self.shop.project}
        made = self.shop.writer.post("/api/v1/packages", {**body, "source": {"type": "nix"}}).ok()
        with self.app.app_context():
            self.app.extensions["services"][WorkService].run_due()
        self.shop.writer.post(f"/api/v1/packages/{made.data['id']}/retry").ok()

    def member(self) -> str:
        return f"/api/v1/project/{self.shop.project}/members/{self.shop.people['reader'].id}"
