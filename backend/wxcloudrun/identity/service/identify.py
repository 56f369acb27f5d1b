"""From credential to Actor: the one place that decides whether a credential is good."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from wxcloudrun.identity import queries
from wxcloudrun.identity.queries import Identity, KeyIdentity, UserIdentity
from wxcloudrun.identity.service.delegation import UploadTokenReader
from wxcloudrun.keys.events import KEY_ROTATED
from wxcloudrun.keys.service.secrets import KEY_PREFIX, KeyHashes, prefix_of_key
from wxcloudrun.keys.service.uses import KeyRenewals, KeyUses
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Reader, Transaction, asking
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.events import Event
from wxcloudrun.kit.security import (
    ANONYMOUS,
    EVERY_SCOPE,
    UPLOAD_TOKEN_PREFIX,
    Actor,
    Basis,
    CredentialKind,
    OrderedBy,
    with_parts,
)
from wxcloudrun.kit.services import at_hand
from wxcloudrun.kit.texts import text
from wxcloudrun.sessions.reads import Life
from wxcloudrun.sessions.service.lifetimes import Lifetimes
from wxcloudrun.sessions.service.renewals import CookieRenewals
from wxcloudrun.sessions.service.secrets import SessionHashes
from wxcloudrun.sessions.service.tokens import AccessTokens, InvalidToken
from wxcloudrun.sessions.service.uses import SessionUses
from wxcloudrun.users.events import USER_CHANGED
from wxcloudrun.users.rules import UserKind


class PresentedAs(enum.Enum):
    """Where in the request a credential stood."""

    BEARER = enum.auto()
    PASSWORD = enum.auto()  # of HTTP Basic; whatever stands as the user name
    COOKIE = enum.auto()
    UNREADABLE = enum.auto()


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential as it came with a request."""

    where: PresentedAs
    secret: str = field(default="", repr=False)


class IdentityService:
    """Tells who is asking. It reads the database each time: what was revoked no longer works at once."""

    def __init__(
        self,
        *,
        tokens: AccessTokens,
        session_hashes: SessionHashes,
        key_hashes: KeyHashes,
        lifetimes: Lifetimes,
        upload_tokens: UploadTokenReader,
        admins_need_second_factor: bool,
    ) -> None:
        self.uses, self.session_uses = KeyUses(), SessionUses()
        self.key_renewals, self.cookie_renewals = KeyRenewals(), CookieRenewals()
        self._tokens = tokens
        self._session_hashes = session_hashes
        self._key_hashes = key_hashes
        self._lifetimes = lifetimes
        self._admins_need_second_factor = admins_need_second_factor
        self._upload_tokens = upload_tokens

    @property
    def to_write(self) -> Sequence[Callable[[], None]]:
        """What writes down what was noticed, when nobody waits for it; nothing if there is nothing."""
        noticed = (self.uses, self.session_uses, self.key_renewals, self.cookie_renewals)
        return [each.write_down for each in noticed if each.are_to_be_written]

    def identify(self, presented: Presented | None) -> Actor:
        """Return the caller, ANONYMOUS if nothing was presented.

        Raises Unauthorized, always in the same words, for a credential that is malformed, unknown,
        expired, revoked, or of somebody who is not active.
        """
        if presented is None:
            return ANONYMOUS
        actor = self._look_up(presented)
        if actor is None:
            raise no_longer_valid()
        return actor

    def identify_again(self, reader: Reader, actor: Actor) -> Actor:
        """Return who the caller of a request is by now, in the transaction that writes what they have sent.

        A body may have come for hours since they were identified. What has ended their credential meanwhile
        counts, and what has changed what they may do; nothing ends it before this transaction has ended. That
        an access token has run out counts as little as for the token of an upload session. Whoever acts
        without a credential stays who they are. Raises Unauthorized.
        """
        basis = basis_of(actor)
        if basis is None or actor.user_id is None:
            return actor
        now = self._holder(reader, basis, actor.user_id, held=True)
        if now is None:
            raise no_longer_valid()
        return replace(actor, user_id=now.user_id, is_admin=now.is_admin, scopes=now.scopes)

    def identify_orderer(self, session: Session, order: OrderedBy) -> Actor:
        """Return who has asked for work, in the transaction that writes its effect.

        A key must be good still, by which it was asked for. Of somebody who was logged in only the person
        counts: that a login is over takes back nothing that was asked for. Raises Unauthorized.
        """
        if order.key_id is not None:
            key = queries.identity_of_key(session, order.key_id, clock.now(), held=True)
            if key is None or key.user_id != order.user_id:
                raise no_longer_valid()
            return self._with_key(key)
        found = queries.identity_of_user(session, order.user_id)
        if found is None:
            raise no_longer_valid()
        return Actor(
            user_id=found.user_id,
            is_admin=found.is_admin and not self._lacks_second_factor(found),
            lacks_second_factor=self._lacks_second_factor(found),
            scopes=EVERY_SCOPE,
            credential=CredentialKind.SYSTEM,
        )

    def _look_up(self, presented: Presented) -> Actor | None:
        if presented.where is PresentedAs.COOKIE:
            return self._by_cookie(presented.secret)
        if presented.where is PresentedAs.UNREADABLE:
            return None
        if presented.secret.startswith(KEY_PREFIX):
            return self._by_key(presented.secret)
        if presented.secret.startswith(UPLOAD_TOKEN_PREFIX):
            return self._by_upload_token(presented.secret)
        if presented.where is PresentedAs.BEARER:
            return self._by_token(presented.secret)
        return None

    def _by_token(self, token: str) -> Actor | None:
        try:
            claims = self._tokens.read(token)
        except InvalidToken:
            return None
        basis = Basis(CredentialKind.JWT, claims.jti, claims.session_id)
        with asking() as reader:
            return self._holder(reader, basis, claims.user_id)

    def _by_upload_token(self, token: str) -> Actor | None:
        """Return who began the session: what ended their credential, or changed it, holds here as well."""
        said = self._upload_tokens.read(token)
        if said is None:
            return None
        with asking() as reader:
            began = self._holder(reader, said.began_with, said.user_id)
        if began is None:
            return None
        return replace(
            began,
            credential=CredentialKind.UPLOAD_TOKEN,
            credential_id=said.upload_session,
            session_id=None,
            has_proved=False,
            upload_session=said.upload_session,
            stands_on=said.began_with,
        )

    def _holder(self, reader: Reader, basis: Basis, user_id: int, *, held: bool = False) -> Actor | None:
        """Return whose credential it is, None if it is good no more."""
        match basis.credential:
            case CredentialKind.API_KEY:
                key = queries.identity_of_key(reader, int(basis.credential_id), clock.now(), held=held)
                return None if key is None else self._used(key)
            case CredentialKind.JWT if basis.session_id is not None:
                found = queries.identity_of_token(reader, basis, user_id, self._life(), held=held)
            case CredentialKind.SESSION:
                found = queries.identity_of_session(reader, basis.credential_id, self._life(), held=held)
            case _:
                return None
        return None if found is None else self._person(found, basis.credential, basis.credential_id)

    def _by_cookie(self, cookie: str) -> Actor | None:
        with asking() as reader:
            hashes = self._session_hashes.all_of_cookie(cookie)
            found = queries.identity_of_cookie(reader, hashes, self._life())
        if found is not None and self._session_hashes.is_outdated(found.hashed_with):
            self.cookie_renewals.remember(found.session_id, self._session_hashes.of_cookie(cookie))
        return None if found is None else self._person(found, CredentialKind.SESSION, found.session_id)

    def _by_key(self, key: str) -> Actor | None:
        if not key.isascii():  # MySQL cannot compare what the column could not hold
            return None
        with asking() as reader:
            candidates = queries.identities_of_prefix(reader, prefix_of_key(key), clock.now())
        found = next((each for each in candidates if self._key_hashes.fits(key, each.key_hash)), None)
        if found is not None and self._key_hashes.is_outdated(found.hashed_with):
            self.key_renewals.remember(found.key_id, self._key_hashes.of_key(key))
        return None if found is None else self._used(found)

    def _used(self, found: KeyIdentity) -> Actor:
        """Return whoever acts with a key, and note that it was used."""
        self.uses.note(found.key_id, found.last_used_at)
        return self._with_key(found)

    def _with_key(self, found: KeyIdentity) -> Actor:
        """Return whoever has a key."""
        return Actor(
            user_id=found.user_id,
            is_admin=found.is_admin and not self._lacks_second_factor(found),
            lacks_second_factor=self._lacks_second_factor(found),
            scopes=with_parts(found.scopes),
            credential=CredentialKind.API_KEY,
            credential_id=str(found.key_id),
            bound_project_id=found.project_id,
            is_service=found.kind == UserKind.SERVICE,
        )

    def _person(self, found: Identity, credential: CredentialKind, credential_id: str) -> Actor:
        """Return somebody who logged in themselves: they may use all their rights."""
        self.session_uses.note(found.session_id, found.last_used_at)
        return Actor(
            user_id=found.user_id,
            is_admin=found.is_admin and not self._lacks_second_factor(found),
            lacks_second_factor=self._lacks_second_factor(found),
            scopes=EVERY_SCOPE,
            credential=credential,
            credential_id=credential_id,
            session_id=found.session_id,
            has_proved=self._lifetimes.is_recent(found.proved_at, clock.now()),
        )

    def _lacks_second_factor(self, found: Identity | KeyIdentity | UserIdentity) -> bool:
        """Tell whether somebody would be an administrator if they had what this takes here."""
        return self._admins_need_second_factor and found.is_admin and found.second_factor_at is None

    def _life(self) -> Life:
        return self._lifetimes.life(clock.now())


def still_stands(tx: Transaction, event: Event) -> None:
    """Hear of something that stays when its maker's credential ends: refuse it if that has ended meanwhile.

    Who ends everything waits for what was begun before, or what comes later is refused here: a thief who asks
    again and again gets nothing in between. A key that replaces itself is over by now, and was looked at
    before; an administrator may have deactivated themselves. Raises Unauthorized.
    """
    actor = event.actor
    replaces_itself = event.kind is KEY_ROTATED and actor.credential is CredentialKind.API_KEY
    changes_itself = event.kind is USER_CHANGED and event.subject.path == f"user/{actor.user_id}"
    if not replaces_itself and not changes_itself:
        at_hand(IdentityService).identify_again(tx.session, actor)


def basis_of(actor: Actor) -> Basis | None:
    """Return what can be looked up again of a caller's credential; None for who came without one."""
    if actor.stands_on is not None or actor.credential_id is None:
        return actor.stands_on
    return Basis(actor.credential, actor.credential_id, actor.session_id)


def no_longer_valid() -> Unauthorized:
    """Refuse a credential, whatever is wrong with it."""
    return Unauthorized(text("the credential is not valid or no longer valid; log in or present another"))
