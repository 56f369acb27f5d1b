"""API keys: making, listing, replacing and revoking what programs present."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from wxcloudrun.accounts import queries
from wxcloudrun.accounts.models import ApiKey, write_scopes
from wxcloudrun.accounts.service.credentials import KEY_PREFIX, SecretHashes, prefix_of_key
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, NotFound, Unauthorized
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, CredentialKind, Scope

DEFAULT_SCOPES = frozenset({Scope.READ, Scope.WRITE})


class ProjectDirectory(Protocol):
    """What accounts need to know about projects, which live above them."""

    def visible_project_id(self, session: Session, actor: Actor, name: str) -> int | None:
        """Return the id of a project that the caller may see."""

    def names_of(self, session: Session, ids: Iterable[int]) -> dict[int, str]:
        """Return the names of projects by id."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key as an answer shows it."""

    id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    project: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new API key, with the secret itself: this is the only time that it is there to be shown."""

    view: KeyView
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What somebody wants a key to be; None leaves it to us."""

    name: str
    scopes: frozenset[Scope] | None = None
    project: str | None = None
    expires_in_days: int | None = None


class KeyService:
    """Makes, lists, replaces and revokes the caller's keys. None makes one that is stronger than itself."""

    def __init__(self, *, hashes: SecretHashes, projects: ProjectDirectory) -> None:
        self._hashes = hashes
        self._projects = projects

    def make(self, actor: Actor, wish: KeyWish) -> MadeKey:
        """Make a key.

        Raises NotFound for a project that the caller does not see, Forbidden for more than the
        presented key may do itself: other scopes, another project, a longer life.
        """
        user_id = known(actor)

        def work(tx: Transaction) -> MadeKey:
            now = clock.now()
            row = ApiKey(
                user_id=user_id,
                name=wish.name,
                scopes=write_scopes(granted_scopes(actor, wish.scopes)),
                project_id=self._binding(tx, actor, wish.project),
                created_at=now,
                expires_at=granted_end(makers_end(tx, actor, now), wish.expires_in_days, now),
            )
            made = self._store(tx, row)
            record(tx, actor, "key.made", key_object(row), after=state_of(made.view))
            return made

        return atomically(work)

    def page(self, actor: Actor, page: PageRequest[int]) -> Page[KeyView]:
        """List the caller's keys, newest first; a key that is bound to a project sees that project's."""
        with reading() as session:
            found = queries.page_of_keys(session, known(actor), bound_to=actor.bound_project_id, page=page)
            bindings = {key.project_id for key in found.items if key.project_id is not None}
            names = self._projects.names_of(session, bindings)
        return Page([key_view(key, names) for key in found.items], found.next_after)

    def revoke(self, actor: Actor, key_id: int) -> None:
        """Revoke one of the caller's keys. Raises NotFound."""

        def work(tx: Transaction) -> None:
            key = self._find(tx, actor, key_id)
            key.revoked_at = clock.now()
            record(tx, actor, "key.revoked", key_object(key), before={"prefix": key.prefix, "name": key.name})

        atomically(work)

    def rotate(self, actor: Actor, key_id: int, *, overlap_hours: int) -> MadeKey:
        """Replace a key by a new one of the same name, scopes and binding, that lasts as long again.

        The old one keeps working for `overlap_hours`. Raises NotFound, and Forbidden for a key that may
        do more than the presented one.
        """

        def work(tx: Transaction) -> MadeKey:
            now = clock.now()
            old = self._find(tx, actor, key_id)
            makers = makers_end(tx, actor, now)
            row = ApiKey(
                user_id=old.user_id,
                name=old.name,
                scopes=write_scopes(granted_scopes(actor, old.scope_set)),
                project_id=old.project_id,
                created_at=now,
                expires_at=earlier(makers, as_long_again(old, now)),
            )
            retire(old, now, now + timedelta(hours=overlap_hours))
            made = self._store(tx, row)
            before = {"prefix": old.prefix, "overlap_hours": overlap_hours}
            record(tx, actor, "key.rotated", key_object(old), before=before, after=state_of(made.view))
            return made

        return atomically(work)

    def _find(self, tx: Transaction, actor: Actor, key_id: int) -> ApiKey:
        key = queries.lock_key(tx.session, key_id, known(actor), bound_to=actor.bound_project_id)
        if key is None:
            raise NotFound("there is no such API key")
        return key

    def _binding(self, tx: Transaction, actor: Actor, project: str | None) -> int | None:
        if project is None:
            return actor.bound_project_id
        project_id = self._projects.visible_project_id(tx.session, actor, project)
        if project_id is None:
            raise actor.unseen(f"project {project}")
        return project_id

    def _store(self, tx: Transaction, row: ApiKey) -> MadeKey:
        key = ids.new_secret(KEY_PREFIX)
        row.prefix = prefix_of_key(key)
        row.key_hash = self._hashes.of_key(key)
        tx.session.add(row)
        tx.session.flush()
        names = self._projects.names_of(tx.session, [row.project_id] if row.project_id else [])
        return MadeKey(key_view(row, names), key)


def key_object(key: ApiKey) -> str:
    """Return how the audit log calls a key."""
    return f"user/{key.user_id}/key/{key.id}"


def state_of(view: KeyView) -> dict[str, str | int | datetime | None]:
    """Return what the audit log says about a key; its prefix opens nothing."""
    return {
        "id": view.id,
        "name": view.name,
        "prefix": view.prefix,
        "scopes": " ".join(view.scopes),
        "project": view.project,
        "expires_at": view.expires_at,
    }


def known(actor: Actor) -> int:
    """Return whose keys these are. Raises Unauthorized for an anonymous caller."""
    if actor.user_id is None:
        raise Unauthorized("log in or present an API key")
    return actor.user_id


def granted_scopes(actor: Actor, wished: frozenset[Scope] | None) -> frozenset[Scope]:
    """Return the scopes of a new key. Raises Forbidden for one that the caller's credential lacks."""
    if wished is None:
        return DEFAULT_SCOPES & actor.scopes
    for scope in sorted(wished - actor.scopes):
        actor.require_scope(scope)
    return wished


def makers_end(tx: Transaction, actor: Actor, now: datetime) -> datetime | None:
    """Return when the presented key ends, None if it does not or if a person is asking.

    Raises Unauthorized if the key was revoked this very moment.
    """
    if actor.credential is not CredentialKind.API_KEY:
        return None
    maker = queries.usable_key(tx.session, int(actor.credential_id or 0), now)
    if maker is None:
        raise Unauthorized("the credential is no longer valid")
    return maker.expires_at


def granted_end(makers: datetime | None, days: int | None, now: datetime) -> datetime | None:
    """Return when a new key ends. Raises Forbidden if that is later than the key that makes it."""
    if days is None:
        return makers
    wished = now + timedelta(days=days)
    if makers is not None and wished > makers:
        raise Forbidden("a key cannot make one that outlives it", expires_at=clock.rfc3339(makers))
    return wished


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two ends; None never comes."""
    given = [end for end in (one, other) if end is not None]
    return min(given, default=None)


def as_long_again(key: ApiKey, now: datetime) -> datetime | None:
    """Return when a key ends that begins now and lasts as long as `key` was made to last."""
    return None if key.expires_at is None else now + (key.expires_at - key.created_at)


def retire(key: ApiKey, now: datetime, end: datetime) -> None:
    """Let a key end then, if it does not end before that."""
    if end <= now:
        key.revoked_at = now
    else:
        key.expires_at = earlier(key.expires_at, end)


def key_view(row: ApiKey, names: dict[int, str]) -> KeyView:
    """Shape a key for an answer."""
    return KeyView(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(scope for scope in Scope if scope in row.scope_set),
        project=None if row.project_id is None else names.get(row.project_id),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
