"""Everybody who might send a request, as far as it decides what they get."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.builders import Person
from tests.support.spoiled_credentials import deactivate, expire, revoke
from wxcloudrun.kit.security import Role, Scope

EVERYTHING = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Requester:
    """Somebody who sends a request, as far as it decides what they get."""

    name: str
    role: Role | None = None  # their membership in the project of the scene
    scopes: frozenset[Scope] = EVERYTHING
    is_admin: bool = False
    is_known: bool = True
    is_valid: bool = True
    is_service: bool = False  # a service account of the project
    bound_to: str | None = None  # "here": the project of the scene; "elsewhere": another one of theirs
    spoil: Callable[[Person], None] | None = field(default=None, repr=False)

    def role_in_project(self, *, is_public: bool) -> Role | None:
        """Return what they are in the project of the scene, None if they cannot see it."""
        if self.bound_to == "elsewhere":
            return None
        if self.administers:
            return Role.OWNER
        return self.role or (Role.READER if is_public else None)

    @property
    def administers(self) -> bool:
        """True if they may use an administrator's rights with what they present."""
        return self.is_admin and Scope.ADMIN in self.scopes and self.bound_to is None


READ, WRITE = frozenset({Scope.READ}), frozenset({Scope.WRITE})
IDENTITIES = (
    Requester("anonymous", is_known=False),
    Requester("stranger"),
    Requester("reader", Role.READER),
    Requester("writer", Role.WRITER),
    Requester("maintainer", Role.MAINTAINER),
    Requester("owner", Role.OWNER),
    Requester("administrator", is_admin=True),
    Requester("administrator's key for reading and writing", is_admin=True, scopes=READ | WRITE),
    Requester("owner's key for reading", Role.OWNER, READ),
    Requester("owner's key for writing", Role.OWNER, WRITE),
    Requester("owner's key for reading and writing", Role.OWNER, READ | WRITE),
    Requester("owner's key for this project", Role.OWNER, bound_to="here"),
    Requester("owner's key for another project", Role.OWNER, bound_to="elsewhere"),
    Requester("administrator's key for another project", is_admin=True, bound_to="elsewhere"),
    Requester("key of a service account", Role.WRITER, READ | WRITE, is_service=True, bound_to="here"),
    Requester("owner's expired key", Role.OWNER, is_valid=False, spoil=expire),
    Requester("owner's revoked key", Role.OWNER, is_valid=False, spoil=revoke),
    Requester("owner who was deactivated", Role.OWNER, is_valid=False, spoil=deactivate),
)
