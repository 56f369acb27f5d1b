"""Use cases on those who belong to a project."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Forbidden, NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor, ProjectAccess, Role
from wxcloudrun.kit.texts import text
from wxcloudrun.net.addresses import UNKNOWN, client_networks
from wxcloudrun.projects import queries
from wxcloudrun.projects.events import MEMBER_REMOVED, MEMBER_SET, MEMBER_SOUGHT
from wxcloudrun.projects.models import Membership
from wxcloudrun.projects.queries import Member
from wxcloudrun.projects.service.projects import find
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit
from wxcloudrun.users.rules import UserKind

NOBODY = 0  # no user has this id
MOST_FROM_A_NETWORK = 10  # times the limit of one user
TOO_MANY_ADDED = text("you have added too many people; wait, then try again")

type MayJoin = Callable[[Session, int, int], bool]
"""Asks the domain above, which this one does not know: may the project have the service account as a member?

The first is the id of the project, the second that of the account.
"""


class MemberService:
    """Decides who belongs to projects."""

    def __init__(self, *, may_join: MayJoin, counters: RateCounters, limit: RateLimit) -> None:
        self._may_join = may_join
        self._counters = counters
        self._limit = limit

    def page(self, actor: Actor, name: str, page: PageRequest[int]) -> Page[Member]:
        """List who belongs to the project. Raises NotFound, Forbidden."""
        with reading() as session:
            found = find(session, actor, name, Action.MEMBERS_READ)
            return queries.page_of_members(session, found.project_id, page)

    def put(self, actor: Actor, name: str, user_id: int, role: Role) -> Member:
        """Give a user a role, new or other than before.

        Whom the caller does not know by a project is added by their name or address alone: nobody learns by
        trying numbers who there is. Raises NotFound, Forbidden (nobody gives or takes a role above their
        own), or Conflict if the project would lose its last owner.
        """

        def work(tx: Transaction) -> Member:
            found = find(tx.session, actor, name, Action.MEMBERS_CHANGE)
            self._require_known(tx.session, actor, found, user_id)
            membership = self._changeable(tx, actor, found, user_id)
            refuse_above(actor, found, role)
            before = role_state(membership)
            if membership is None:
                membership = Membership(
                    project_id=found.project_id, user_id=user_id, role=role.value, created_at=clock.now()
                )
                tx.session.add(membership)
            elif role is not Role.OWNER:
                refuse_without_owner(tx, membership)
            membership.role = role.value
            if (after := role_state(membership)) != before:
                what = Subject(f"project/{name}/member/{user_id}")
                announce(tx, actor, MEMBER_SET, what, before=before, after=after)
            tx.session.flush()
            member = queries.member(tx.session, found.project_id, user_id)
            if member is None:
                raise NotFound(text("there is no such user"))
            return member

        return atomically(work)

    def remove(self, actor: Actor, name: str, user_id: int) -> None:
        """Take a user out of the project. Raises NotFound, Forbidden, Conflict for the last owner."""

        def work(tx: Transaction) -> None:
            found = find(tx.session, actor, name, Action.MEMBERS_CHANGE)
            membership = self._changeable(tx, actor, found, user_id)
            if membership is None:
                raise NotFound(text("that user is no member of the project"))
            refuse_without_owner(tx, membership)
            what = Subject(f"project/{name}/member/{user_id}")
            announce(tx, actor, MEMBER_REMOVED, what, before=role_state(membership))
            tx.session.delete(membership)

        atomically(work)

    def add(self, actor: Actor, name: str, called: str, role: Role) -> None:
        """Make the person with that user name or address a member, if there is one; who is one stays as is.

        It takes the same statements, and says nothing, whether there is somebody or not. Raises NotFound,
        Forbidden as `put` does, TooManyRequests for somebody who does this all the time.
        """
        with reading() as session:
            refuse_above(actor, find(session, actor, name, Action.MEMBERS_CHANGE), role)
        self._count(actor)

        def work(tx: Transaction) -> None:
            found = find(tx.session, actor, name, Action.MEMBERS_CHANGE)
            refuse_above(actor, found, role)
            user_id = queries.person_id(tx.session, called) or NOBODY
            after = {"role": role.label}
            if queries.add_if_new(tx.session, found.project_id, user_id, role, clock.now()):
                announce(tx, actor, MEMBER_SET, Subject(f"project/{name}/member/{user_id}"), after=after)
            else:
                announce(tx, actor, MEMBER_SOUGHT, Subject(f"project/{name}/member"), after=after)

        atomically(work)

    def _count(self, actor: Actor) -> None:
        """Count whom somebody has added, and what comes from their networks. Raises TooManyRequests."""
        meters = [(Counter.of("members", self._limit, str(actor.user_id)), self._limit)]
        for network, times in client_networks(actor.address or UNKNOWN):
            limit = self._limit.times(MOST_FROM_A_NETWORK * times)
            meters.append((Counter.of("members-network", limit, network), limit))
        tallies = self._counters.hit([counter for counter, _ in meters])
        for (_, limit), tally in zip(meters, tallies, strict=True):
            limit.refuse_if_passed(tally, TOO_MANY_ADDED)

    def _require_known(self, session: Session, actor: Actor, found: ProjectAccess, user_id: int) -> None:
        """Raise NotFound for somebody whom the caller cannot know of, as if they were not there."""
        kind = queries.kind_of_user(session, user_id)
        if kind == UserKind.SERVICE:  # one of another project, which nobody here has to know of, is none
            is_known = self._may_join(session, found.project_id, user_id)
        else:
            is_known = kind is not None and (
                actor.is_administrator or queries.share_project(session, actor, user_id)
            )
        if not is_known:
            raise NotFound(text("there is no such user"))

    def _changeable(
        self, tx: Transaction, actor: Actor, found: ProjectAccess, user_id: int
    ) -> Membership | None:
        membership = queries.membership(tx.session, found.project_id, user_id)
        if membership is not None:
            refuse_above(actor, found, Role(membership.role))
        return membership


def join(tx: Transaction, actor: Actor, access: ProjectAccess, user_id: int, role: Role) -> None:
    """Make a new user a member. Raises Forbidden for a role above the caller's own."""
    refuse_above(actor, access, role)
    row = Membership(project_id=access.project_id, user_id=user_id, role=role.value, created_at=clock.now())
    tx.session.add(row)
    what = Subject(f"project/{access.project}/member/{user_id}")
    announce(tx, actor, MEMBER_SET, what, after=role_state(row))


def role_state(membership: Membership | None) -> dict[str, str] | None:
    """Return what the audit log says about a member, None for somebody who is none."""
    return None if membership is None else {"role": Role(membership.role).label}


def refuse_above(actor: Actor, found: ProjectAccess, role: Role) -> None:
    """Raise Forbidden if `role` is above the caller's own."""
    own = actor.role_in(found)
    if own is None or role > own:
        raise Forbidden(text("only an owner may give or take the role {role}", role=role.label))


def refuse_without_owner(tx: Transaction, membership: Membership) -> None:
    """Raise Conflict if nobody but this member owns the project."""
    owners = queries.lock_owners(tx.session, membership.project_id)
    if list(owners) == [membership.user_id]:
        raise Conflict(text("a project keeps at least one owner"))
