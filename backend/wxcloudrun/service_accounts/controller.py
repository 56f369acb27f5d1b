"""HTTP in, HTTP out, for service accounts."""

from flask import Response

from wxcloudrun.keys.schemas import KeyMadeOut, KeyOut
from wxcloudrun.keys.service.keys import KeySpec
from wxcloudrun.kit.security import Role
from wxcloudrun.kit.texts import text
from wxcloudrun.service_accounts.schemas import (
    AccountIn,
    AccountKeyIn,
    AccountOut,
    AccountPatch,
    AccountsQuery,
)
from wxcloudrun.service_accounts.service import AccountSpec, ServiceAccountService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import row_id


def list_accounts(query: AccountsQuery) -> Response:
    """200 with a page of accounts."""
    page = service(ServiceAccountService).page(actor(), query.project, pages.requested(query, int))
    return pages.answer(page, AccountOut.model_validate)


def create_account(body: AccountIn) -> Response:
    """201 with the account."""
    role = None if body.role is None else Role.of(body.role)
    made = service(ServiceAccountService).create(actor(), AccountSpec(body.name, body.project, role))
    return ok(AccountOut.model_validate(made), status=201)


def get_account(account_id: str) -> Response:
    """200 with the account."""
    found = service(ServiceAccountService).get(actor(), known_id(account_id))
    return ok(AccountOut.model_validate(found))


def change_account(account_id: str, body: AccountPatch) -> Response:
    """200 with the account as it is now."""
    changed = service(ServiceAccountService).change(
        actor(), known_id(account_id), name=body.name, is_active=body.is_active
    )
    return ok(AccountOut.model_validate(changed))


def delete_account(account_id: str) -> Response:
    """204."""
    service(ServiceAccountService).delete(actor(), known_id(account_id))
    return no_content()


def list_keys(account_id: str, query: PageQuery) -> Response:
    """200 with a page of keys."""
    page = service(ServiceAccountService).keys(actor(), known_id(account_id), pages.requested(query, int))
    return pages.answer(page, KeyOut.model_validate)


def make_key(account_id: str, body: AccountKeyIn) -> Response:
    """200 with the key, shown once."""
    spec = KeySpec(body.name, body.requested_scopes(), expires_in_days=body.expires_in_days)
    return ok(KeyMadeOut.of(service(ServiceAccountService).make_key(actor(), known_id(account_id), spec)))


def revoke_key(account_id: str, key_id: str) -> Response:
    """204."""
    service(ServiceAccountService).revoke_key(
        actor(), known_id(account_id), row_id(key_id, text("there is no such API key"))
    )
    return no_content()


def known_id(account_id: str) -> int:
    """Read an id from a URL. Raises NotFound for what can be none."""
    return row_id(account_id, text("there is no such service account"))
