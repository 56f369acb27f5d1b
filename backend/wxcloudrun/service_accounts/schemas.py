"""Wire shapes of service accounts; their keys look like everybody's."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from wxcloudrun.keys.schemas import KeyDays, KeyName
from wxcloudrun.kit.names import ProjectName, described
from wxcloudrun.kit.security import Scope
from wxcloudrun.projects.schemas import GivenRole, RoleName
from wxcloudrun.service_accounts.rules import NAME, check_account_name
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import Input, Output, Timestamp

AccountScope = Literal["download", "read", "upload", "release", "write"]
AccountName = Annotated[str, AfterValidator(check_account_name), described(NAME)]


class AccountsQuery(PageQuery):
    """Whose accounts: a project's, or without one those of the administrators."""

    project: ProjectName | None = None


class AccountIn(Input):
    """An account to make: with a project and a role in it, or the administrators' with neither."""

    name: AccountName
    project: ProjectName | None = None
    role: GivenRole | None = None


class AccountPatch(Input):
    """What may change; what is left out stays."""

    name: AccountName | None = None
    is_active: bool | None = None


class AccountOut(Output):
    """A service account; `role` is what it is in its project."""

    id: int
    name: str
    username: str
    project: str | None
    role: RoleName | None
    is_active: bool
    created_at: Timestamp
    created_by: str | None


class AccountKeyIn(Input):
    """A key to make for an account; without scopes it may read and write."""

    name: KeyName
    scopes: Annotated[list[AccountScope], Field(min_length=1, max_length=5)] | None = None
    expires_in_days: KeyDays | None = None

    def requested_scopes(self) -> frozenset[Scope] | None:
        """Return what the key shall be good for; None leaves it to us."""
        return None if self.scopes is None else frozenset(Scope(name) for name in self.scopes)
