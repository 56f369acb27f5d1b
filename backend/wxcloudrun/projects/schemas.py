"""Wire shapes of projects and members."""

from typing import Annotated, Literal

from pydantic import Field

from wxcloudrun.kit.names import NewProjectName
from wxcloudrun.kit.security import Role
from wxcloudrun.users.rules import UserKind
from wxcloudrun.users.schemas import Called
from wxcloudrun.web.parsing import Input, Output, Query, Timestamp, one_of

RoleName = Annotated[str, one_of(role.label for role in Role)]
GivenRole = Literal["reader", "writer", "maintainer", "owner"]


class ProjectIn(Input):
    """A new project."""

    name: NewProjectName
    description: str = Field("", max_length=1000)
    is_public: bool = False


class ProjectPatch(Input):
    """What may change; what is left out stays."""

    description: str | None = Field(None, max_length=1000)
    is_public: bool | None = None


class ProjectDeletion(Query):
    """Whether a project goes with everything in it."""

    force: bool = False


class ProjectOut(Output):
    """A project as the caller sees it; `role` is what the caller is in it."""

    name: str
    description: str
    is_public: bool
    role: RoleName | None
    created_at: Timestamp
    created_by: str | None


class MemberIn(Input):
    """A role."""

    role: GivenRole


class NewMemberIn(Input):
    """Whom to add, by their user name or their address."""

    user: Called
    role: GivenRole


class NewMemberOut(Output):
    """What was asked for; it says nothing about whether there is such a person."""

    user: str
    role: RoleName


class MemberOut(Output):
    """A user, who is a person or a service account, and their role."""

    user_id: int
    kind: Annotated[str, one_of(UserKind)]
    username: str
    role: RoleName
    created_at: Timestamp
