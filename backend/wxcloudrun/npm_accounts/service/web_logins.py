"""Logging in by a page: a machine waits for a key, somebody gives it one in a browser, it fetches it.

Nothing that is kept opens anything: of the two codes there are keyed hashes, and the key is made when it is
handed over.
"""

from dataclasses import dataclass, field

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.erasure.service import erase_all
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm_accounts import queries
from wxcloudrun.npm_accounts.models import NpmLogin
from wxcloudrun.npm_accounts.queries import WaitingMachine
from wxcloudrun.npm_accounts.rules import CLIENT_LENGTH, HOST_LENGTH, WAITING, shown
from wxcloudrun.npm_accounts.service.logins import (
    NpmCredentials,
    NpmKeys,
    require_possible,
    wrong_credentials,
)
from wxcloudrun.projects.reads import visible_project_id
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.secrecy.derived_keys import KeyRing
from wxcloudrun.sessions.service.door import PasswordDoor, Verified, with_name
from wxcloudrun.users.reads import lock_person


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """The two codes of a login: one opens the page, the other one fetches the key."""

    page_code: str = field(repr=False)
    done_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskingMachine:
    """What a machine says of itself."""

    host: str | None
    client: str | None


class WebLoginService:
    """Lets machines wait, and people give them keys."""

    def __init__(self, *, door: PasswordDoor, guard: LoginGuard, keys: NpmKeys, ring: KeyRing) -> None:
        self._door = door
        self._guard = guard
        self._keys = keys
        self._ring = ring

    def begin(self, actor: Actor, project: str, machine: AskingMachine) -> BegunLogin:
        """Let a machine wait, ten minutes at most, for a key of a project, whether there is one or not.

        Raises NotFound for what no project can be called; TooManyRequests.
        """
        require_possible(project)
        self._guard.count_web_login(actor)
        begun = BegunLogin(ids.new_secret(), ids.new_secret())

        def work(tx: Transaction) -> None:
            tx.session.add(
                NpmLogin(
                    page_hash=self._ring.keep(begun.page_code).value,
                    done_hash=self._ring.keep(begun.done_code).value,
                    project=project,
                    host=shown(machine.host or actor.address, HOST_LENGTH),
                    client=shown(machine.client, CLIENT_LENGTH),
                    address=actor.address,
                    expires_at=clock.now() + WAITING,
                )
            )

        atomically(work)
        return begun

    def waiting(self, project: str, page_code: str) -> WaitingMachine:
        """Return which machine waits behind a page. Raises NotFound if none does, or no longer."""
        require_possible(project)
        with reading() as session:
            found = queries.waiting_machine(session, self._hashes(page_code), project, clock.now())
        if found is None:
            raise gone()
        return found

    def approve(self, actor: Actor, project: str, page_code: str, given: NpmCredentials) -> None:
        """Give the machine behind a page a key of who has shown their password there.

        Raises what `waiting` and a login with name and password raise.
        """
        self.waiting(project, page_code)

        def enter(verified: Verified) -> bool | None:
            return atomically(
                lambda tx: self._approve(tx, actor, (project, page_code), verified, given.code) or None
            )

        if not self._door.let_in(actor, with_name(given.called), given.password, given.code, enter):
            raise wrong_credentials()

    def claim(self, actor: Actor, project: str, done_code: str) -> str | None:
        """Hand the key over, once; None while nobody has given one.

        Raises NotFound for a login that is over or has never begun, and what making a key raises.
        """
        require_possible(project)
        with reading() as session:
            approved = queries.is_approved(session, self._hashes(done_code), project, clock.now())
        if approved is None:
            raise gone()
        return atomically(lambda tx: self._hand_over(tx, actor, project, done_code)) if approved else None

    def forget_expired(self) -> int:
        """Delete what has expired; return how many rows that were."""
        return erase_all(NpmLogin, queries.is_over(clock.now()))

    def _approve(
        self,
        tx: Transaction,
        actor: Actor,
        page: tuple[str, str],
        verified: Verified,
        code: SecondFactorCode,
    ) -> bool:
        user = self._door.admitted(tx, actor, verified, code)
        if user is None:
            return False
        project, page_code = page
        row = queries.lock_waiting(tx.session, self._hashes(page_code), project, clock.now())
        if row is None:
            raise gone()
        person = self._keys.person(tx.session, actor, user.id)
        if visible_project_id(tx.session, person, project) is None:
            raise person.unseen(text("project {project}", project=project))
        row.approved_by, row.approved_at = user.id, clock.now()
        return True

    def _hand_over(self, tx: Transaction, actor: Actor, project: str, done_code: str) -> str:
        row = queries.lock_approved(tx.session, self._hashes(done_code), project, clock.now())
        if row is None or row.approved_by is None or row.approved_at is None:
            raise gone()
        user = lock_person(tx.session, row.approved_by)
        ended = None if user is None else user.logins_ended_at
        if user is None or not user.is_active or (ended is not None and row.approved_at <= ended):
            raise gone()
        host = row.host
        tx.session.delete(row)
        return self._keys.make(tx, self._keys.person(tx.session, actor, user.id), project, host)

    def _hashes(self, code: str) -> list[str]:
        return list(self._ring.hashes(code))


def gone() -> NotFound:
    """Refuse a code, whatever is wrong with it."""
    return NotFound(text("this login is over, was answered already or has never begun; run npm login again"))
