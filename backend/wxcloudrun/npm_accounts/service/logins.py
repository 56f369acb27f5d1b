"""Logging in with npm: a name and a password, and back comes a key that is good in one project."""

from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from wxcloudrun.identity.service.identify import IdentityService
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.keys.service.terms import DEFAULT_SCOPES
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Forbidden, NotFound, QuotaReached, Unauthorized
from wxcloudrun.kit.names import is_name
from wxcloudrun.kit.security import Actor, CredentialKind, OrderedBy
from wxcloudrun.kit.texts import text
from wxcloudrun.npm_accounts.rules import name_of_key
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.sessions.service.door import PasswordDoor, Verified, with_name


@dataclass(frozen=True, slots=True)
class NpmCredentials:
    """What somebody shows who has no key yet."""

    called: str  # a user name, or an e-mail address
    password: str = field(repr=False)
    code: SecondFactorCode = field(repr=False)


class NpmKeys:
    """Makes the keys that npm gets as all keys are made: bound to a project, to read and write."""

    def __init__(self, *, keys: KeyService, identity: IdentityService) -> None:
        self._keys = keys
        self._identity = identity

    def make(self, tx: Transaction, person: Actor, project: str, host: str | None) -> str:
        """Make one. Raises NotFound for a project that they do not see, Forbidden for one too many."""
        spec = KeySpec(name_of_key(host), DEFAULT_SCOPES, project)
        try:
            return self._keys.make_within(tx, person, spec).key
        except QuotaReached as full:  # to npm a 409 means that it should ask for an older document
            raise Forbidden(full.message, **full.facts) from full

    def person(self, session: Session, actor: Actor, user_id: int) -> Actor:
        """Return somebody who has shown a password, at the place where `actor` is. Raises Unauthorized."""
        known = self._identity.identify_orderer(session, OrderedBy(user_id, None))
        return replace(
            known, credential=CredentialKind.PASSWORD, address=actor.address, request_id=actor.request_id
        )


class NpmLoginService:
    """Logs in with name and password, in one request."""

    def __init__(self, *, door: PasswordDoor, keys: NpmKeys) -> None:
        self._door = door
        self._keys = keys

    def log_in(self, actor: Actor, project: str, shown: NpmCredentials) -> str:
        """Return a new key.

        Raises Unauthorized in the same words and after the same time whoever it is that does not come in;
        SecondFactorNeeded, TooManyRequests as every login does; behind the right password NotFound for a
        project that they do not see, and Forbidden for a key too many.
        """
        require_possible(project)

        def enter(verified: Verified) -> str | None:
            return atomically(lambda tx: self._enter(tx, actor, project, verified, shown.code))

        key = self._door.let_in(actor, with_name(shown.called), shown.password, shown.code, enter)
        if key is None:
            raise wrong_credentials()
        return key

    def _enter(
        self, tx: Transaction, actor: Actor, project: str, verified: Verified, code: SecondFactorCode
    ) -> str | None:
        user = self._door.admitted(tx, actor, verified, code)
        if user is None:
            return None
        person = self._keys.person(tx.session, actor, user.id)
        return self._keys.make(tx, person, project, actor.address)


def require_possible(project: str) -> None:
    """Raise NotFound for what no project can be called, before anything is counted or compared."""
    if not is_name(project):
        what = text("project {project}", project=project)
        raise NotFound(text("{what} does not exist or is not visible to you", what=what))


def wrong_credentials() -> Unauthorized:
    """Refuse somebody, whatever is wrong."""
    return Unauthorized(text("the name or the password is wrong"))
