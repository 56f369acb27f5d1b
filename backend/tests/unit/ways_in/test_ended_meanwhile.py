"""Who was identified before everything was ended makes nothing afterwards that stays."""

from collections.abc import Callable, Mapping

import pytest
from flask import Flask

from tests.support.inside import Inside
from tests.support.logins import PASSWORD, AddUser, SignedIn, add_project
from wxcloudrun.identity.service.identify import IdentityService, Presented, PresentedAs
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.security import Actor, Role, Scope
from wxcloudrun.projects.service.members import MemberService
from wxcloudrun.projects.service.projects import ProjectService
from wxcloudrun.service_accounts.service import AccountSpec, ServiceAccountService
from wxcloudrun.users.service.administration import UserAdministrationService, UserChange
from wxcloudrun.users.service.binding import EmailBindingService
from wxcloudrun.users.service.users import UserService

END = "/api/v1/auth/end-everything"
NEW = "another long one"
ADMIN_KEY = KeySpec("heir", frozenset(Scope))


class Latecomer(Inside):
    """Somebody in the middle of a request."""

    def __init__(self, app: Flask, actor: Actor, friend: int) -> None:
        super().__init__(app)
        self.actor, self.friend = actor, friend


STAYS: Mapping[str, Callable[[Latecomer], object]] = {
    "a key": lambda it: it.service(KeyService).make(it.actor, ADMIN_KEY),
    "a member": lambda it: it.service(MemberService).put(it.actor, "tools", it.friend, Role.OWNER),
    "a public project": lambda it: it.service(ProjectService).change(
        it.actor, "tools", description=None, is_public=True
    ),
    "a service account": lambda it: it.service(ServiceAccountService).create(
        it.actor, AccountSpec("ci", "tools", Role.WRITER)
    ),
    "an address": lambda it: it.service(EmailBindingService).bind_email(
        it.actor, "thief@example.com", PASSWORD
    ),
    "a password": lambda it: it.service(UserService).change_password(it.actor, current=PASSWORD, new=NEW),
    "an administrator": lambda it: it.service(UserAdministrationService).change(
        it.actor, it.friend, UserChange(is_admin=True)
    ),
    "a user": lambda it: it.service(UserAdministrationService).create(
        it.actor, username="heir", email="heir@example.com", password=NEW
    ),
}


@pytest.fixture
def latecomer(app: Flask, root: SignedIn, add_user: AddUser) -> Latecomer:
    """A thief with a token, who was identified just before its owner ended everything."""
    add_project(app, "tools", root.user_id)
    inside = Inside(app)
    with app.app_context():
        presented = Presented(PresentedAs.BEARER, root.access_token)
        actor = inside.service(IdentityService).identify(presented)
    return Latecomer(app, actor, add_user("friend@example.com"))


@pytest.mark.parametrize("what", STAYS)
def test_given_everything_was_ended_meanwhile_then_nothing_is_made_that_stays(
    latecomer: Latecomer, root: SignedIn, what: str
) -> None:
    root.call("POST", END, {}).ok()

    with latecomer.app.app_context(), pytest.raises(Unauthorized):
        STAYS[what](latecomer)
