"""The URLs of users: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests
from wxcloudrun.kit.security import Scope
from wxcloudrun.users import controller
from wxcloudrun.users.schemas import EmailIn, PasswordIn, RegistrationIn, UserIn, UserOut, UserPatch
from wxcloudrun.users.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, Proof, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

USER = "/users/<user_id>"

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/register", controller.register, "register", "Sign up",
        caller=Caller.ANYONE, scope=None, body=RegistrationIn, answer=UserOut, status=201,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests),
    ),
    Endpoint(
        "PUT", "/auth/email", controller.bind_email, "bind_email", "Bind an e-mail address to your account",
        scope=Scope.ADMIN, widens_access=True, body=EmailIn, answer=UserOut,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests), needs_proof=Proof.ALWAYS,
    ),
    Endpoint(
        "PUT", "/auth/password", controller.change_password, "change_password",
        "Change your password; ends every other session",
        scope=Scope.ADMIN, widens_access=True,
        body=PasswordIn, errors=(Conflict, Forbidden, Invalid, TooManyRequests),
        works_when_full=True, needs_proof=Proof.IN_BODY,
    ),
    Endpoint(
        "GET", "/users", controller.list_users, "list_users", "All people, for administrators",
        scope=Scope.ADMIN, query=PageQuery, answer=PageOut[UserOut], errors=(Forbidden,),
    ),
    Endpoint(
        "POST", "/users", controller.create_user, "create_user", "Make a user",
        scope=Scope.ADMIN, widens_access=True,
        body=UserIn, answer=UserOut, status=201, errors=(Conflict, Forbidden, Invalid),
        needs_proof=Proof.SOMETIMES,
        description="With a password, a login needs a recent proof; an API key does not.",
    ),
    Endpoint(
        "GET", USER, controller.get_user, "get_user", "One user",
        scope=Scope.ADMIN, answer=UserOut, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "PATCH", USER, controller.change_user, "change_user", "Change a user",
        scope=Scope.ADMIN, widens_access=True,
        body=UserPatch, answer=UserOut, errors=(Conflict, Forbidden, Invalid, NotFound),
        works_when_full=True, needs_proof=Proof.SOMETIMES,
        description="An address, a password, `is_admin` and activating somebody again need a login with a "
        "recent proof. A password ends all other ways in of the user: sessions, keys, WeChat, second factor.",
    ),
    Endpoint(
        "DELETE", USER, controller.delete_user, "delete_user", "Delete a user",
        scope=Scope.ADMIN, widens_access=False, destroys_much=True,
        status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

users = blueprint("users", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
