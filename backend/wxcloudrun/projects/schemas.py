"""Wire shapes of projects and members."""

from typing import Literal

from pydantic import Field

from wxcloudrun.kit.names import ProjectName
from wxcloudrun.kit.web.parsing import Input, Output, Query, Timestamp


class ProjectIn(Input):
    """A new project."""

    name: ProjectName
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
    role: str | None
    created_at: Timestamp
    created_by: str | None


class MemberIn(Input):
    """A role."""

    role: Literal["reader", "writer", "maintainer", "owner"]


class MemberOut(Output):
    """A user and their role."""

    user_id: int
    username: str
    role: str
    created_at: Timestamp
