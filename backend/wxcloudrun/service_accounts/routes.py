"""The URLs of service accounts: data, not code."""

from wxcloudrun.keys.schemas import KeyMadeOut, KeyOut
from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound, QuotaReached
from wxcloudrun.kit.security import Scope
from wxcloudrun.service_accounts import controller
from wxcloudrun.service_accounts.schemas import (
    AccountIn,
    AccountKeyIn,
    AccountOut,
    AccountPatch,
    AccountsQuery,
)
from wxcloudrun.service_accounts.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, Proof, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

ACCOUNT = "/service-accounts/<account_id>"

ENDPOINTS = [
    Endpoint(
        "GET", "/service-accounts", controller.list_accounts, "list_service_accounts",
        "The service accounts of a project, or of the administrators",
        query=AccountsQuery, answer=PageOut[AccountOut], errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "POST", "/service-accounts", controller.create_account, "create_service_account",
        "Make a service account",
        scope=Scope.ADMIN, widens_access=True, body=AccountIn, answer=AccountOut, status=201,
        errors=(Conflict, Forbidden, Invalid, NotFound),
    ),
    Endpoint(
        "GET", ACCOUNT, controller.get_account, "get_service_account", "One service account",
        answer=AccountOut, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "PATCH", ACCOUNT, controller.change_account, "change_service_account",
        "Rename, disable or enable a service account",
        scope=Scope.ADMIN, widens_access=True, body=AccountPatch, answer=AccountOut,
        errors=(Conflict, Forbidden, Invalid, NotFound),
        works_when_full=True,
    ),
    Endpoint(
        "DELETE", ACCOUNT, controller.delete_account, "delete_service_account", "Delete a service account",
        scope=Scope.ADMIN, widens_access=False, destroys_much=True, status=204, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "GET", f"{ACCOUNT}/keys", controller.list_keys, "list_keys_of_service_account",
        "The API keys of a service account",
        query=PageQuery, answer=PageOut[KeyOut], errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "POST", f"{ACCOUNT}/keys", controller.make_key, "make_key_of_service_account",
        "Make an API key for a service account; it is shown once",
        scope=Scope.ADMIN, widens_access=True,
        body=AccountKeyIn, answer=KeyMadeOut, errors=(Forbidden, Invalid, NotFound, QuotaReached),
        needs_proof=Proof.SOMETIMES, description="A login needs a recent proof, an API key does not.",
    ),
    Endpoint(
        "DELETE", f"{ACCOUNT}/keys/<key_id>", controller.revoke_key, "revoke_key_of_service_account",
        "Revoke an API key of a service account",
        scope=Scope.ADMIN, widens_access=False, status=204, errors=(Forbidden, NotFound),
    ),
]  # fmt: skip

service_accounts = blueprint("service_accounts", "/api/v1", ENDPOINTS, words=(WORDS,))
