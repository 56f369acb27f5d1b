"""Logging in, staying logged in, and logging out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.attempts.service import LoginGuard, note_address
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Conflict, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor, CredentialKind
from wxcloudrun.kit.texts import text
from wxcloudrun.notices.service.notices import NoticeView, unseen
from wxcloudrun.second_factors.rules import NO_CODE, SecondFactorCode
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.sessions import queries
from wxcloudrun.sessions.events import SESSION_ENDED, SESSION_OPENED
from wxcloudrun.sessions.models import MAX_DEVICE_LENGTH, LoginSession, RefreshToken, RevokedToken
from wxcloudrun.sessions.service.door import PasswordDoor, with_address
from wxcloudrun.sessions.service.lifetimes import Lifetimes
from wxcloudrun.sessions.service.secrets import REFRESH_PREFIX, SessionHashes
from wxcloudrun.sessions.service.tokens import AccessTokens
from wxcloudrun.users.reads import User, UserView, lock_person, person, user_view
from wxcloudrun.users.service.guessing import account_name

LONGEST_ON_TOKEN = timedelta(days=7)  # how long a token for one thing may stand on an access token


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A fresh pair of tokens for a session."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    user: UserView


@dataclass(frozen=True, slots=True)
class LoggedIn(Refreshed):
    """A new session: its tokens, and the cookie for browsers."""

    cookie: str = field(repr=False)
    cookie_seconds: int
    device_cookie: str | None = field(repr=False)  # None for people without an address to log in with
    notices: Sequence[NoticeView]  # what has changed about the ways in


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new session comes of: which way in, with what second factor, on what device."""

    way: str  # for the log
    code: SecondFactorCode = NO_CODE
    device: str | None = None  # as it calls itself


@dataclass(frozen=True, slots=True)
class FreshSession:
    """The name and the secrets of a session that begins."""

    session_id: str
    cookie: str = field(repr=False)
    refresh_token: str = field(repr=False)
    at: datetime


class SessionService:
    """Opens, continues and ends logins."""

    def __init__(
        self,
        *,
        door: PasswordDoor,
        tokens: AccessTokens,
        hashes: SessionHashes,
        lifetimes: Lifetimes,
        guard: LoginGuard,
        codes: SecondFactorCodes,
    ) -> None:
        self._door = door
        self._tokens = tokens
        self._hashes = hashes
        self._lifetimes = lifetimes
        self._guard = guard
        self._codes = codes

    def log_in(
        self,
        actor: Actor,
        email: str,
        password: str,
        *,
        code: SecondFactorCode = NO_CODE,
        device: str | None = None,
    ) -> LoggedIn:
        """Open a new session; `actor` says where the request comes from.

        Raises Unauthorized in the same words and after the same time whether the address is unknown,
        the password is wrong or the user is not active; SecondFactorNeeded for the right password of
        somebody who has one; TooManyRequests.
        """
        opening = Opening("password", code, device)
        opened = self._door.let_in(
            actor,
            with_address(email),
            password,
            code,
            lambda verified: self.open(
                actor, verified.user_id, opening, admits=lambda _, user: verified.is_still(user)
            ),
        )
        if opened is None:
            raise Unauthorized(text("the e-mail address or the password is wrong"))
        return opened

    def open(
        self,
        actor: Actor,
        user_id: int,
        opening: Opening,
        *,
        admits: Callable[[Transaction, User], bool] = lambda _tx, _user: True,
    ) -> LoggedIn | None:
        """Open a new session for somebody who has proved who they are; None if they may not come in.

        That includes a second factor that they have and do not bring. `admits` sees the user as they are when
        the session begins.
        """
        fresh = FreshSession(ids.new_id(), ids.new_secret(), ids.new_secret(REFRESH_PREFIX), clock.now())

        def work(tx: Transaction) -> tuple[UserView, Sequence[NoticeView]] | None:
            user = lock_person(tx.session, user_id)
            if user is None or not user.is_active or not admits(tx, user):
                return None
            if not self._codes.admit(tx, actor, user, opening.code):
                return None
            self._begin(tx, actor, user.id, opening, fresh)
            return user_view(user), unseen(tx.session, user.id)

        done = atomically(work)
        if done is None:
            return None
        user, notices = done
        return LoggedIn(
            access_token=self._tokens.issue(user.id, fresh.session_id),
            refresh_token=fresh.refresh_token,
            expires_in=self._tokens.lifetime_seconds,
            user=user,
            cookie=fresh.cookie,
            cookie_seconds=self._lifetimes.refresh_token_seconds,
            notices=notices,
            device_cookie=None if user.email is None else self._guard.device_cookie(account_name(user.email)),
        )

    def refresh(self, actor: Actor, refresh_token: str) -> Refreshed:
        """Exchange a refresh token for its successor and a fresh access token.

        A token that was used within the leeway gives the same successor once more: the client lost
        the answer. Used before that, somebody holds a copy: the session ends. Raises Unauthorized,
        TooManyRequests.
        """
        self._guard.count_refresh(actor)
        now = clock.now()

        kept = self._hashes.all_of_refresh_token(refresh_token)

        def work(tx: Transaction) -> tuple[str, str, UserView] | None:
            token = queries.lock_refresh_token(tx.session, kept)
            if token is None:
                return None
            found = queries.live_login(tx.session, token.session_id, self._lifetimes.life(now))
            if found is None:
                return None
            login, user = found
            successor = self._hashes.successor_of(refresh_token, token.token_hash)
            if not self._use(tx, replace(actor, user_id=user.id), token, successor, now):
                return None
            later = max(login.expires_at, now + self._lifetimes.session)
            login.expires_at = min(later, login.created_at + self._lifetimes.whole)
            login.last_used_at = now
            return login.id, successor, user_view(user)

        done = atomically(work)
        if done is None:  # raised only now, because ending the session has to be committed
            raise Unauthorized(text("the refresh token is not valid or no longer valid; log in again"))
        session_id, successor, user = done
        return Refreshed(
            access_token=self._tokens.issue(user.id, session_id),
            refresh_token=successor,
            expires_in=self._tokens.lifetime_seconds,
            user=user,
        )

    def log_out(self, actor: Actor) -> None:
        """End the session of the presented credential, with all its tokens.

        Raises Conflict for an API key, which has no session.
        """
        session_id = actor.session_id
        if session_id is None:
            raise Conflict(
                text("an API key has no session; DELETE /api/v1/auth/token revokes the key itself")
            )

        atomically(lambda tx: self.end(tx, actor, session_id))

    def end(self, tx: Transaction, actor: Actor, session_id: str) -> None:
        """End the caller's session, with all its tokens, unless somebody else was faster."""
        if queries.end_session(tx.session, session_id, clock.now()):
            state = {"session": session_id}
            announce(tx, actor, SESSION_ENDED, Subject(f"user/{actor.user_id}"), before=state)

    def end_all(self, session: Session, user_id: int, *, but: str | None, now: datetime) -> None:
        """End every session of a user, but for the one named, for whoever locks them out.

        The cookies of their devices count no more either: a thief may have made one.
        """
        queries.end_sessions_of(session, user_id, but=but, now=now)
        if (user := person(session, user_id)) is not None:
            user.logins_ended_at = now

    def revoke_token(self, tx: Transaction, jti: str) -> bool:
        """Make an access token useless before its time; its session goes on. False if it was so already."""
        if queries.is_revoked(tx.session, jti):
            return False
        # Far longer than the token lives: a clock that is ahead for a moment must not let it be forgotten, if
        # it does not let the session be forgotten as well. And what stands on the token may outlive both.
        remembered = max(self._lifetimes.session, LONGEST_ON_TOKEN)
        tx.session.add(RevokedToken(jti=jti, expires_at=clock.now() + remembered))
        return True

    def _begin(
        self, tx: Transaction, actor: Actor, user_id: int, opening: Opening, fresh: FreshSession
    ) -> None:
        kept = self._hashes.of_cookie(fresh.cookie)
        row = new_session(fresh.session_id, user_id, actor, opening, fresh.at)
        row.cookie_hash, row.hashed_with = kept.value, kept.key_name
        row.expires_at = self._lifetimes.end_of(fresh.at, fresh.at)
        tx.session.add(row)
        tx.session.flush()
        self._add_refresh_token(tx, fresh.refresh_token, fresh.session_id, fresh.at)
        note_address(tx, user_id, self._guard.network_of(actor), fresh.at)
        opener = replace(
            actor, user_id=user_id, credential=CredentialKind.SESSION, credential_id=fresh.session_id
        )
        announce(tx, opener, SESSION_OPENED, Subject(f"user/{user_id}"), after={"way": opening.way})

    def _use(self, tx: Transaction, actor: Actor, token: RefreshToken, successor: str, now: datetime) -> bool:
        if token.used_at is None:
            if token.expires_at <= now:
                return False
            token.used_at = now
            self._add_refresh_token(tx, successor, token.session_id, now)
            return True
        # A use in the future was noted by a clock that was wrong; nobody knows how long ago it really was.
        if abs(now - token.used_at) <= timedelta(seconds=self._lifetimes.refresh_leeway_seconds):
            return True
        queries.end_session(tx.session, token.session_id, now)
        state = {"session": token.session_id, "why": "a used refresh token was presented again"}
        announce(tx, actor, SESSION_ENDED, Subject(f"user/{actor.user_id}"), before=state)
        return False

    def _add_refresh_token(self, tx: Transaction, clear: str, session_id: str, now: datetime) -> None:
        kept = self._hashes.of_refresh_token(clear)
        tx.session.add(
            RefreshToken(
                token_hash=kept.value,
                hashed_with=kept.key_name,
                session_id=session_id,
                issued_at=now,
                expires_at=now + timedelta(seconds=self._lifetimes.refresh_token_seconds),
            )
        )


def new_session(session_id: str, user_id: int, actor: Actor, opening: Opening, now: datetime) -> LoginSession:
    """Return a session that begins now, with what is kept of where it was opened."""
    device = "".join(each for each in opening.device or "" if each.isprintable())
    return LoginSession(
        id=session_id,
        user_id=user_id,
        created_at=now,
        proved_at=now,
        last_used_at=now,
        address=actor.address,
        device=device[:MAX_DEVICE_LENGTH] or None,
    )
