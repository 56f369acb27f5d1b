"""The URLs of API keys: data, not code."""

from wxcloudrun.keys import controller
from wxcloudrun.keys.schemas import KeyIn, KeyMadeOut, KeyOut, RotationIn
from wxcloudrun.keys.words import WORDS
from wxcloudrun.kit.errors import Forbidden, Invalid, NotFound, QuotaReached
from wxcloudrun.kit.security import Scope
from wxcloudrun.web.endpoint import Endpoint, Proof, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

KEYS_OF_USER = "/users/<user_id>/keys"
ADMIN_KEYS = "One with the scope `admin` needs a login with a recent proof."

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/keys", controller.make_key, "make_key", "Make an API key; it is shown once",
        scope=Scope.WRITE, widens_access=False,
        body=KeyIn, answer=KeyMadeOut, errors=(Forbidden, Invalid, NotFound, QuotaReached),
        needs_proof=Proof.SOMETIMES, description=ADMIN_KEYS,
    ),
    Endpoint(
        "GET", "/auth/keys", controller.list_keys, "list_keys", "Your API keys",
        query=PageQuery, answer=PageOut[KeyOut],
    ),
    Endpoint(
        "DELETE", "/auth/keys/<key_id>", controller.revoke_key, "revoke_key", "Revoke an API key",
        scope=Scope.WRITE, widens_access=False, status=204, errors=(NotFound,),
    ),
    Endpoint(
        "POST", "/auth/keys/<key_id>/rotate", controller.rotate_key, "rotate_key", "Replace an API key",
        scope=Scope.WRITE, widens_access=False,
        body=RotationIn, answer=KeyMadeOut, errors=(Forbidden, Invalid, NotFound, QuotaReached),
        needs_proof=Proof.SOMETIMES, description=ADMIN_KEYS,
    ),
    Endpoint(
        "GET", KEYS_OF_USER, controller.list_keys_of_user, "list_keys_of_user", "The API keys of a user",
        scope=Scope.ADMIN, query=PageQuery, answer=PageOut[KeyOut], errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "DELETE", f"{KEYS_OF_USER}/<key_id>", controller.revoke_key_of_user, "revoke_key_of_user",
        "Revoke an API key of a user", scope=Scope.ADMIN, widens_access=False,
        status=204, errors=(Forbidden, NotFound),
    ),
]  # fmt: skip

keys = blueprint("keys", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
