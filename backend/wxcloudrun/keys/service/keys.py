"""API keys: making, listing, replacing and revoking what programs present."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.keys import queries
from wxcloudrun.keys.events import KEY_MADE, KEY_ROTATED
from wxcloudrun.keys.models import ApiKey, write_scopes
from wxcloudrun.keys.service import lines
from wxcloudrun.keys.service.lines import subject_of
from wxcloudrun.keys.service.secrets import KEY_PREFIX, KeyHashes, prefix_of_key
from wxcloudrun.keys.service.terms import (
    DEFAULT_SCOPES,
    KeyTerms,
    as_long_again,
    earlier,
    granted_end,
    granted_scopes,
)
from wxcloudrun.kit import clock, ids, quotas
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound, QuotaReached, Unauthorized
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.projects.reads import names_of, visible_project_id
from wxcloudrun.users.reads import is_person, lock_person, person, user


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
    parent_id: int | None
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new API key, with the secret itself: this is the only time that it is there to be shown."""

    view: KeyView
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a key shall be; None leaves it to the service, and 0 days are no end."""

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
    """Makes, lists, replaces and revokes keys.

    None makes one that is stronger than itself, and what one makes goes with it.
    """

    def __init__(self, *, hashes: KeyHashes, terms: KeyTerms) -> None:
        self._hashes = hashes
        self._terms = terms

    def make(self, actor: Actor, spec: KeySpec) -> MadeKey:
        """Make a key for the caller.

        Raises NotFound for a project that the caller does not see, Forbidden for a service account and for
        more than the presented key may do itself: other scopes, another project, a longer life. A key with
        the scope `admin` is a way in, which only a login makes: ProofNeeded. QuotaReached for one too many.
        """
        actor.require_person()
        require_proof_for(actor, spec.scopes or DEFAULT_SCOPES)
        return atomically(lambda tx: self.make_within(tx, actor, spec))

    def make_once(self, actor: Actor, spec: KeySpec) -> MadeKey | None:
        """Make a key unless the caller has, or once had, one of that name. Raises what `make` raises."""

        def work(tx: Transaction) -> MadeKey | None:
            lock_person(tx.session, known(actor))
            if queries.has_had_key(tx.session, known(actor), spec.name):
                return None
            return self.make_within(tx, actor, spec)

        return atomically(work)

    def make_within(self, tx: Transaction, actor: Actor, spec: KeySpec) -> MadeKey:
        """Make a key for a person in a transaction of theirs. Raises what `make` raises but for the proof."""
        holder = KeyHolder(known(actor), self._binding(tx, actor, spec.project))
        return self.make_for(tx, actor, holder, spec)

    def make_for(self, tx: Transaction, actor: Actor, holder: KeyHolder, spec: KeySpec) -> MadeKey:
        """Make a key for a user for whom the caller may; the holder decides the project, not `spec.project`.

        Raises Forbidden for more scopes, or a longer life, than the presented key has, Invalid for a longer
        life than keys have here, QuotaReached if the holder has as many as they may.
        """
        now = clock.now()
        maker = lines.presented_key(tx, actor, now)
        lines.refuse_too_deep(tx.session, maker)
        self._refuse_too_many(tx.session, holder.user_id, now)
        row = ApiKey(
            user_id=holder.user_id,
            name=spec.name,
            scopes=write_scopes(granted_scopes(actor, spec.scopes)),
            project_id=holder.project_id,
            created_at=now,
            created_by=known(actor),
            parent_id=None if maker is None else maker.id,
            expires_at=granted_end(maker, spec.expires_in_days, now, self._terms),
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
        """Revoke one of the caller's keys, with those that stand on it.

        Raises NotFound, Forbidden for a key of a lesser scope than `admin` that asks for another one than
        itself and what stands on it.
        """

        def work(tx: Transaction) -> None:
            key = self._find(tx, actor, key_id)
            lines.require_own_line(tx, actor, key)
            lines.revoke(tx, actor, key)

        atomically(work)

    def revoke_of_person(self, actor: Actor, user_id: int, key_id: int) -> None:
        """Revoke one of somebody's keys, for administrators. Raises Forbidden, NotFound."""
        actor.require_administrator()

        def work(tx: Transaction) -> None:
            require_existing_person(tx.session, user_id)
            self.revoke_of(tx, actor, user_id, key_id)

        atomically(work)

    def revoke_of(self, tx: Transaction, actor: Actor, user_id: int, key_id: int) -> None:
        """Revoke one of the keys of a user whose keys the caller may revoke. Raises NotFound."""
        lines.revoke(tx, actor, found(queries.lock_key(tx.session, key_id, user_id, bound_to=None)))

    def rotate(self, actor: Actor, key_id: int, *, overlap_hours: int) -> MadeKey:
        """Replace a key by a new one of the same name, scopes and binding, that lasts as long again.

        It ends no later than the key that it stands on, or is made with. The old one keeps working for
        `overlap_hours`, and what stands on it for no longer. Raises NotFound, and Forbidden for a service
        account, for a key that may do more than the presented one, and as `revoke` does; ProofNeeded as
        `make` does. With an overlap there is one more for a while, which may be one too many: QuotaReached.
        At once it always succeeds.
        """
        actor.require_person()

        def work(tx: Transaction) -> MadeKey:
            now = clock.now()
            old = self._find(tx, actor, key_id)
            lines.require_own_line(tx, actor, old)
            require_proof_for(actor, old.scope_set)
            if overlap_hours:
                self._refuse_too_many(tx.session, old.user_id, now)
            maker = lines.presented_key(tx, actor, now)
            row = ApiKey(
                user_id=old.user_id,
                name=old.name,
                scopes=write_scopes(granted_scopes(actor, old.scope_set)),
                project_id=old.project_id,
                created_at=now,
                created_by=known(actor),
                expires_at=earlier(lines.end_of(maker), as_long_again(old, now, self._terms)),
            )
            lines.take_place(tx.session, row, old, maker, now)
            lines.retire(tx, actor, old, now + timedelta(hours=overlap_hours), now)
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

    def _refuse_too_many(self, session: Session, user_id: int, now: datetime) -> None:
        limit = self._terms.most_of_one
        if quotas.is_reached(session, queries.usable_of(user_id, now), limit):
            sentence = text("there are {limit} API keys, which is as many as one user may have", limit=limit)
            raise QuotaReached(sentence, limit=limit, of="keys")

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


def revoke_if_there(tx: Transaction, actor: Actor, user_id: int, key_id: int) -> None:
    """Revoke a key that was presented itself, unless somebody else was faster."""
    key = queries.lock_key(tx.session, key_id, user_id, bound_to=None)
    if key is not None:
        lines.revoke(tx, actor, key)


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


def state_of(view: KeyView) -> dict[str, str | int | datetime | None]:
    """Return what the audit log says about a key; its prefix opens nothing."""
    return {
        "id": view.id,
        "name": view.name,
        "prefix": view.prefix,
        "scopes": " ".join(view.scopes),
        "project": view.project,
        "parent": view.parent_id,
        "expires_at": view.expires_at,
    }


def known(actor: Actor) -> int:
    """Return whose keys these are. Raises Unauthorized for an anonymous caller."""
    if actor.user_id is None:
        raise Unauthorized(text("log in or present an API key"))
    return actor.user_id


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
        parent_id=row.parent_id,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
