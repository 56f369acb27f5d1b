"""API keys: making, listing, replacing and revoking what programs present."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.keys import queries
from wxcloudrun.keys.events import KEY_MADE, KEY_REVOKED, KEY_ROTATED
from wxcloudrun.keys.models import ApiKey, write_scopes
from wxcloudrun.keys.service.secrets import KEY_PREFIX, KeyHashes, prefix_of_key
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, NotFound, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, CredentialKind, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.projects.reads import names_of, visible_project_id
from wxcloudrun.users.reads import is_person, lock_person, person, user

DEFAULT_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key as an answer shows it."""

    id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    project: str | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new API key, with the secret itself: this is the only time that it is there to be shown."""

    view: KeyView
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a key shall be; None leaves it to the service."""

    name: str
    scopes: frozenset[Scope] | None = None
    project: str | None = None
    expires_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The user who gets a key, and the project that the key is bound to, if any."""

    user_id: int
    project_id: int | None


class KeyService:
    """Makes, lists, replaces and revokes keys. None makes one that is stronger than itself."""

    def __init__(self, *, hashes: KeyHashes) -> None:
        self._hashes = hashes

    def make(self, actor: Actor, spec: KeySpec) -> MadeKey:
        """Make a key for the caller.

        Raises NotFound for a project that the caller does not see, Forbidden for a service account and for
        more than the presented key may do itself: other scopes, another project, a longer life. A key with
        the scope `admin` is a way in, which only a login makes: ProofNeeded.
        """
        actor.require_person()
        require_proof_for(actor, spec.scopes or DEFAULT_SCOPES)
        return atomically(lambda tx: self._make(tx, actor, spec))

    def make_once(self, actor: Actor, spec: KeySpec) -> MadeKey | None:
        """Make a key unless the caller has, or once had, one of that name. Raises what `make` raises."""

        def work(tx: Transaction) -> MadeKey | None:
            lock_person(tx.session, known(actor))
            if queries.has_had_key(tx.session, known(actor), spec.name):
                return None
            return self._make(tx, actor, spec)

        return atomically(work)

    def _make(self, tx: Transaction, actor: Actor, spec: KeySpec) -> MadeKey:
        holder = KeyHolder(known(actor), self._binding(tx, actor, spec.project))
        return self.make_for(tx, actor, holder, spec)

    def make_for(self, tx: Transaction, actor: Actor, holder: KeyHolder, spec: KeySpec) -> MadeKey:
        """Make a key for a user for whom the caller may; the holder decides the project, not `spec.project`.

        Raises Forbidden for more scopes, or a longer life, than the presented key has.
        """
        now = clock.now()
        row = ApiKey(
            user_id=holder.user_id,
            name=spec.name,
            scopes=write_scopes(granted_scopes(actor, spec.scopes)),
            project_id=holder.project_id,
            created_at=now,
            created_by=known(actor),
            expires_at=granted_end(makers_end(tx, actor, now), spec.expires_in_days, now),
        )
        made = self._store(tx, actor, row)
        announce(tx, actor, KEY_MADE, subject_of(row), after=state_of(made.view))
        return made

    def page(self, actor: Actor, page: PageRequest[int]) -> Page[KeyView]:
        """List the caller's keys, newest first; a key that is bound to a project sees that project's."""
        with reading() as session:
            rows = queries.page_of_keys(session, known(actor), bound_to=actor.bound_project_id, page=page)
            return self._views(session, rows)

    def page_of_person(self, actor: Actor, user_id: int, page: PageRequest[int]) -> Page[KeyView]:
        """List somebody's keys, for administrators. Raises Forbidden, NotFound."""
        actor.require_administrator()
        with reading() as session:
            rows = queries.page_of_keys(session, user_id, bound_to=None, page=page, holder=is_person())
            if not rows.items:
                require_existing_person(session, user_id)
            return self._views(session, rows)

    def page_of(
        self, session: Session, user_id: int, page: PageRequest[int], projects: Mapping[int, str]
    ) -> Page[KeyView]:
        """List the keys of a user whose keys the caller may see, newest first.

        `projects` are the names of those that the keys may be bound to.
        """
        return key_views(queries.page_of_keys(session, user_id, bound_to=None, page=page), projects)

    def revoke(self, actor: Actor, key_id: int) -> None:
        """Revoke one of the caller's keys. Raises NotFound."""
        atomically(lambda tx: revoke_found(tx, actor, self._find(tx, actor, key_id)))

    def revoke_of_person(self, actor: Actor, user_id: int, key_id: int) -> None:
        """Revoke one of somebody's keys, for administrators. Raises Forbidden, NotFound."""
        actor.require_administrator()

        def work(tx: Transaction) -> None:
            require_existing_person(tx.session, user_id)
            self.revoke_of(tx, actor, user_id, key_id)

        atomically(work)

    def revoke_of(self, tx: Transaction, actor: Actor, user_id: int, key_id: int) -> None:
        """Revoke one of the keys of a user whose keys the caller may revoke. Raises NotFound."""
        revoke_found(tx, actor, found(queries.lock_key(tx.session, key_id, user_id, bound_to=None)))

    def rotate(self, actor: Actor, key_id: int, *, overlap_hours: int) -> MadeKey:
        """Replace a key by a new one of the same name, scopes and binding, that lasts as long again.

        The old one keeps working for `overlap_hours`. Raises NotFound, and Forbidden for a service account
        and for a key that may do more than the presented one; ProofNeeded as `make` does.
        """
        actor.require_person()

        def work(tx: Transaction) -> MadeKey:
            now = clock.now()
            old = self._find(tx, actor, key_id)
            require_proof_for(actor, old.scope_set)
            makers = makers_end(tx, actor, now)
            row = ApiKey(
                user_id=old.user_id,
                name=old.name,
                scopes=write_scopes(granted_scopes(actor, old.scope_set)),
                project_id=old.project_id,
                created_at=now,
                created_by=known(actor),
                expires_at=earlier(makers, as_long_again(old, now)),
            )
            retire(old, now, now + timedelta(hours=overlap_hours))
            made = self._store(tx, actor, row)
            before = {"prefix": old.prefix, "overlap_hours": overlap_hours}
            announce(tx, actor, KEY_ROTATED, subject_of(old), before=before, after=state_of(made.view))
            return made

        return atomically(work)

    def _find(self, tx: Transaction, actor: Actor, key_id: int) -> ApiKey:
        return found(queries.lock_key(tx.session, key_id, known(actor), bound_to=actor.bound_project_id))

    def _binding(self, tx: Transaction, actor: Actor, project: str | None) -> int | None:
        if project is None:
            return actor.bound_project_id
        project_id = visible_project_id(tx.session, actor, project)
        if project_id is None:
            raise actor.unseen(text("project {project}", project=project))
        return project_id

    def _store(self, tx: Transaction, actor: Actor, row: ApiKey) -> MadeKey:
        key = ids.new_secret(KEY_PREFIX)
        row.prefix = prefix_of_key(key)
        kept = self._hashes.of_key(key)
        row.key_hash, row.hashed_with = kept.value, kept.key_name
        tx.session.add(row)
        tx.session.flush()
        names = names_of(tx.session, [row.project_id] if row.project_id else [])
        maker = user(tx.session, known(actor))
        return MadeKey(key_view(row, None if maker is None else maker.username, names), key)

    def _views(self, session: Session, rows: Page[tuple[ApiKey, str | None]]) -> Page[KeyView]:
        bindings = {key.project_id for key, _ in rows.items if key.project_id is not None}
        return key_views(rows, names_of(session, bindings) if bindings else {})


def require_existing_person(session: Session, user_id: int) -> None:
    """Raise NotFound if there is no such person."""
    if person(session, user_id) is None:
        raise NotFound(text("there is no such user"))


def found(key: ApiKey | None) -> ApiKey:
    """Return the key. Raises NotFound if there is none."""
    if key is None:
        raise NotFound(text("there is no such API key"))
    return key


def revoke_found(tx: Transaction, actor: Actor, key: ApiKey) -> None:
    """Revoke a key that the caller may revoke."""
    key.revoked_at = clock.now()
    announce(tx, actor, KEY_REVOKED, subject_of(key), before={"prefix": key.prefix, "name": key.name})


def revoke_if_there(tx: Transaction, actor: Actor, user_id: int, key_id: int) -> None:
    """Revoke a key that was presented itself, unless somebody else was faster."""
    key = queries.lock_key(tx.session, key_id, user_id, bound_to=None)
    if key is not None:
        revoke_found(tx, actor, key)


def require_proof_for(actor: Actor, scopes: frozenset[Scope]) -> None:
    """Raise ProofNeeded, or Forbidden for an API key, where a key shall do what needs the scope `admin`.

    Whoever lacks a scope hears of that first.
    """
    if Scope.ADMIN in scopes & actor.scopes:
        actor.require_proof()


def revoke_all_of(session: Session, user_id: int, now: datetime) -> int:
    """Revoke all keys of a user, for whoever ends their ways in; return how many."""
    return queries.revoke_keys_of(session, user_id, now)


def revoke_bound_to(session: Session, project_id: int, now: datetime) -> int:
    """Revoke the keys that are good for that project alone, which is being deleted; return how many."""
    return queries.revoke_keys_bound_to(session, project_id, now)


def subject_of(key: ApiKey) -> Subject:
    """Return what an event is about that happens to a key."""
    return Subject(f"user/{key.user_id}/key/{key.id}")


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
        raise Unauthorized(text("log in or present an API key"))
    return actor.user_id


def granted_scopes(actor: Actor, requested: frozenset[Scope] | None) -> frozenset[Scope]:
    """Return the scopes of a new key. Raises Forbidden for one that the caller's credential lacks.

    Nobody who names none gets a key without any: it would open nothing.
    """
    if requested is None:
        if not DEFAULT_SCOPES & actor.scopes:
            actor.require_scope(Scope.READ)
        return DEFAULT_SCOPES & actor.scopes
    for scope in sorted(requested - actor.scopes):
        actor.require_scope(scope)
    return requested


def makers_end(tx: Transaction, actor: Actor, now: datetime) -> datetime | None:
    """Return when the presented key ends, None if it does not or if a person is asking.

    Raises Unauthorized if the key was revoked this very moment.
    """
    if actor.credential is not CredentialKind.API_KEY:
        return None
    maker = queries.usable_key(tx.session, int(actor.credential_id or 0), now)
    if maker is None:
        raise Unauthorized(text("the credential is no longer valid"))
    return maker.expires_at


def granted_end(makers: datetime | None, days: int | None, now: datetime) -> datetime | None:
    """Return when a new key ends. Raises Forbidden if that is later than the key that makes it."""
    if days is None:
        return makers
    requested = now + timedelta(days=days)
    if makers is not None and requested > makers:
        raise Forbidden(text("a key cannot make one that outlives it"), expires_at=clock.rfc3339(makers))
    return requested


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


def key_views(rows: Page[tuple[ApiKey, str | None]], names: Mapping[int, str]) -> Page[KeyView]:
    """Shape a page of keys, each with the name of its maker, for an answer."""
    return Page([key_view(key, maker, names) for key, maker in rows.items], rows.next_after)


def key_view(row: ApiKey, maker: str | None, names: Mapping[int, str]) -> KeyView:
    """Shape a key for an answer."""
    return KeyView(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(scope for scope in Scope if scope in row.scope_set),
        project=None if row.project_id is None else names.get(row.project_id),
        created_at=row.created_at,
        created_by=maker,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
