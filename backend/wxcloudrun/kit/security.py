"""Who is asking, what the roles grant, and the one function that says no."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from wxcloudrun.kit.errors import Forbidden, NotFound, ProofNeeded, SecondFactorMissing, Unauthorized
from wxcloudrun.kit.texts import Text, text


class Role(enum.IntEnum):
    """What a member may do in a project; each role includes those below it."""

    READER = 1
    WRITER = 2
    MAINTAINER = 3
    OWNER = 4

    @property
    def label(self) -> str:
        """The name that the API uses."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Role":
        """Return the role that the API calls `label`; KeyError if there is none."""
        return cls[label.upper()]


class Scope(enum.StrEnum):
    """What a credential may be used for, whatever its owner may do. Parts stand before what has them."""

    DOWNLOAD = "download"  # find and fetch
    READ = "read"
    UPLOAD = "upload"  # add bytes, and names for them that are new
    RELEASE = "release"  # say which bytes are in use, and which are not to be
    WRITE = "write"
    MANAGE = "manage"  # change who may read, delete packages and projects
    ADMIN = "admin"


PARTS: Mapping[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset({Scope.DOWNLOAD}),
    Scope.WRITE: frozenset({Scope.UPLOAD, Scope.RELEASE}),
    Scope.ADMIN: frozenset({Scope.MANAGE}),
}


def with_parts(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes and all that they include."""
    given = frozenset(scopes)
    return given.union(*(PARTS.get(scope, frozenset()) for scope in given))


def without_parts(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the fewest scopes that include all of these."""
    given = frozenset(scopes)
    return given.difference(*(PARTS.get(scope, frozenset()) for scope in given))


class CredentialKind(enum.StrEnum):
    """How the caller proved who they are."""

    JWT = "jwt"
    API_KEY = "api_key"
    SESSION = "session"
    UPLOAD_TOKEN = "upload_token"  # noqa: S105  # a name; it opens one upload session
    PASSWORD = "password"  # noqa: S105  # a name; this very request, or one that it goes on with, brought it
    SYSTEM = "system"  # the service itself, or whoever may run commands on its machine
    NONE = "none"


class Action(enum.Enum):
    """Everything that can be done inside a project."""

    PROJECT_READ = enum.auto()
    PROJECT_CHANGE = enum.auto()
    PROJECT_DELETE = enum.auto()
    MEMBERS_READ = enum.auto()
    MEMBERS_CHANGE = enum.auto()
    SERVICE_ACCOUNTS_READ = enum.auto()
    SERVICE_ACCOUNTS_CHANGE = enum.auto()  # with their keys
    PACKAGE_CREATE = enum.auto()
    PACKAGE_CHANGE = enum.auto()
    PACKAGE_DELETE = enum.auto()
    ARTIFACT_READ = enum.auto()
    ARTIFACT_WRITE = enum.auto()
    UPLOAD_DELETE = enum.auto()
    TAG_WRITE = enum.auto()
    TAG_DELETE = enum.auto()
    VERSION_CHANGE = enum.auto()  # what is said of it; it never changes itself
    VERSION_DELETE = enum.auto()
    RELEASE_CREATE = enum.auto()
    RELEASE_CHANGE = enum.auto()  # retry, activate, deactivate
    RELEASE_DELETE = enum.auto()


@dataclass(frozen=True, slots=True)
class Grant:
    """The least role and the scope that an action needs; some are open to one of two scopes."""

    role: Role
    scope: Scope
    or_scope: Scope | None = None


# What widens who may read, or destroys more than a version, is in no scope that a build server needs.
GRANTS: Mapping[Action, Grant] = {
    Action.PROJECT_READ: Grant(Role.READER, Scope.DOWNLOAD),
    Action.PROJECT_CHANGE: Grant(Role.MAINTAINER, Scope.MANAGE),
    Action.PROJECT_DELETE: Grant(Role.OWNER, Scope.MANAGE),
    Action.MEMBERS_READ: Grant(Role.MAINTAINER, Scope.READ, Scope.MANAGE),
    Action.MEMBERS_CHANGE: Grant(Role.MAINTAINER, Scope.MANAGE),
    Action.SERVICE_ACCOUNTS_READ: Grant(Role.MAINTAINER, Scope.READ),
    # Their keys outlive whoever made them.
    Action.SERVICE_ACCOUNTS_CHANGE: Grant(Role.OWNER, Scope.ADMIN),
    Action.PACKAGE_CREATE: Grant(Role.WRITER, Scope.WRITE, Scope.MANAGE),
    Action.PACKAGE_CHANGE: Grant(Role.WRITER, Scope.WRITE, Scope.MANAGE),
    Action.PACKAGE_DELETE: Grant(Role.MAINTAINER, Scope.MANAGE),
    Action.ARTIFACT_READ: Grant(Role.READER, Scope.DOWNLOAD),
    Action.ARTIFACT_WRITE: Grant(Role.WRITER, Scope.UPLOAD),
    Action.UPLOAD_DELETE: Grant(Role.MAINTAINER, Scope.WRITE),
    Action.TAG_WRITE: Grant(Role.WRITER, Scope.RELEASE),
    Action.TAG_DELETE: Grant(Role.WRITER, Scope.RELEASE),
    Action.VERSION_CHANGE: Grant(Role.WRITER, Scope.RELEASE),
    Action.VERSION_DELETE: Grant(Role.MAINTAINER, Scope.WRITE),
    Action.RELEASE_CREATE: Grant(Role.WRITER, Scope.RELEASE),
    Action.RELEASE_CHANGE: Grant(Role.WRITER, Scope.RELEASE),
    Action.RELEASE_DELETE: Grant(Role.MAINTAINER, Scope.WRITE),
}


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """What decides about one project for one caller: read with the request, never remembered."""

    project_id: int
    project: str
    is_public: bool
    role: Role | None  # the caller's membership, None for strangers


@dataclass(frozen=True, slots=True)
class Basis:
    """The credential on which another one stands."""

    credential: CredentialKind
    credential_id: str
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of a request, as its credential describes them."""

    user_id: int | None
    is_admin: bool
    scopes: frozenset[Scope]  # with all that they include
    credential: CredentialKind
    credential_id: str | None = None
    bound_project_id: int | None = None
    session_id: str | None = None  # the login that the credential belongs to; API keys have none
    is_service: bool = False  # a service account, which is no person
    has_proved: bool = False  # the person of the login has proved who they are, just now
    lacks_second_factor: bool = False  # an administrator, but for the second factor that this takes here
    upload_session: str | None = None  # the only one that the credential opens; None: it opens all
    stands_on: Basis | None = None  # what the token of an upload session was made with
    address: str | None = None  # where the request came from, None outside of requests
    request_id: str | None = None
    device_cookie: str | None = field(default=None, repr=False)  # of a browser that has logged in before

    @property
    def is_anonymous(self) -> bool:
        """True when no credential was presented."""
        return self.user_id is None

    @property
    def is_administrator(self) -> bool:
        """True if this credential may use its owner's administrator rights."""
        return self.is_admin and Scope.ADMIN in self.scopes and self.bound_project_id is None

    def role_in(self, access: ProjectAccess) -> Role | None:
        """Return what the caller is in that project, None if it is invisible to them."""
        if self.bound_project_id not in (None, access.project_id):
            return None
        if self.is_administrator:
            return Role.OWNER
        if access.role is None and access.is_public:
            return Role.READER
        return access.role

    def require(self, action: Action, access: ProjectAccess | None, *, what: Text) -> ProjectAccess:
        """Return `access` if this caller may do `action` there.

        Raises Unauthorized for an anonymous caller, NotFound (in the same words whether `what` exists
        or not) if they may not even read, Forbidden if they may read but not do this.
        """
        role = None if access is None else self.role_in(access)
        if access is None or role is None:
            raise self.unseen(what)
        grant = GRANTS[action]
        if role < grant.role:
            if self.is_anonymous:
                raise self.unseen(what)
            raise Forbidden(
                text(
                    "this needs the role {role} in project {project}",
                    role=grant.role.label,
                    project=access.project,
                ),
                needs=grant.role.label,
                role=role.label,
            )
        self.require_scope(grant.scope, grant.or_scope)
        return access

    def require_known(self) -> None:
        """Raise Unauthorized for an anonymous caller."""
        if self.is_anonymous:
            raise Unauthorized(text("log in or present an API key"))

    def require_person(self) -> None:
        """Raise Unauthorized for an anonymous caller, Forbidden for a service account."""
        self.require_known()
        if self.is_service:
            raise Forbidden(text("this needs a person; you are a service account"))

    def require_login(self) -> int:
        """Return who is logged in.

        Raises Unauthorized for nobody and Forbidden for a credential of programs: with a way in of its own it
        would have made itself stronger, and would outlive its revocation.
        """
        if self.user_id is None:
            raise Unauthorized(text("log in"))
        if self.credential in PROGRAMS:
            raise Forbidden(text("an API key cannot change how its owner logs in; log in yourself"))
        return self.user_id

    def require_proof(self) -> int:
        """Return who is logged in and has proved just now who they are.

        Raises what `require_login` raises, and ProofNeeded for a login whose proof is too long ago.
        """
        user_id = self.require_login()
        if not self.has_proved:
            raise ProofNeeded(
                text("prove who you are first: POST /api/v1/auth/proof with your password, or log in again")
            )
        return user_id

    def require_proof_of_login(self) -> None:
        """Raise ProofNeeded for a login whose proof is too long ago, before it makes what stays when it ends.

        A key needs none: it cannot give one, and goes on being what automation comes with.
        """
        if self.credential not in PROGRAMS:
            self.require_proof()

    def require_scope(self, scope: Scope, or_scope: Scope | None = None) -> None:
        """Raise Unauthorized for an anonymous caller without it, Forbidden for a credential without it.

        `or_scope` will do as well.
        """
        if scope in self.scopes or or_scope in self.scopes:
            return
        if self.is_anonymous:
            raise Unauthorized(text("log in or present an API key"))
        raise Forbidden(text("this credential lacks the scope {scope}", scope=scope), needs_scope=str(scope))

    def require_administrator(self) -> None:
        """Raise Unauthorized or Forbidden unless the caller administers the service."""
        self.require_scope(Scope.ADMIN)
        if self.lacks_second_factor:
            raise SecondFactorMissing(
                text("administrators need a second factor here: POST /api/v1/auth/second-factor")
            )
        if not self.is_administrator:
            raise Forbidden(text("this needs an administrator"))

    def unseen(self, what: Text) -> Unauthorized | NotFound:
        """Return the refusal for something this caller cannot see, whether it exists or not."""
        if self.is_anonymous:
            return Unauthorized(text("log in or present an API key"))
        return NotFound(text("{what} does not exist or is not visible to you", what=what))


@dataclass(frozen=True, slots=True)
class OrderedBy:
    """Who has asked for work that is done later, and with which API key, if it was one."""

    user_id: int
    key_id: int | None

    @classmethod
    def of(cls, actor: Actor) -> Self | None:
        """Return whose order it is; None if nobody's who could lose a right."""
        if actor.user_id is None:
            return None
        is_key = actor.credential is CredentialKind.API_KEY and actor.credential_id is not None
        return cls(actor.user_id, int(actor.credential_id or 0) if is_key else None)

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self | None:
        """Read what `arguments` has written; None where nobody has."""
        if "ordered_by" not in arguments:
            return None
        return cls(arguments["ordered_by"], arguments.get("with_key"))

    def arguments(self) -> dict[str, int | None]:
        """Return what the work carries."""
        return {"ordered_by": self.user_id, "with_key": self.key_id}


DEVICE_COOKIE = "device"
UPLOAD_TOKEN_PREFIX = "wxru_"  # noqa: S105  # no secret: by it a leaked one is recognised
ANONYMOUS = Actor(
    user_id=None,
    is_admin=False,
    scopes=with_parts({Scope.READ}),
    credential=CredentialKind.NONE,
)
SYSTEM = Actor(user_id=None, is_admin=False, scopes=frozenset(), credential=CredentialKind.SYSTEM)
EVERY_SCOPE = frozenset(Scope)
PROGRAMS = frozenset({CredentialKind.API_KEY, CredentialKind.UPLOAD_TOKEN})  # no person presents them
