"""Wire shapes of packages."""

from pydantic import Field

from wxcloudrun.kit.names import PackageName
from wxcloudrun.kit.web.parsing import Input, Output, Timestamp


class PackageIn(Input):
    """A new package."""

    name: PackageName
    description: str = Field("", max_length=1000)


class PackagePatch(Input):
    """What may change; what is left out stays."""

    description: str | None = Field(None, max_length=1000)


class PackageOut(Output):
    """A package."""

    project: str
    name: str
    description: str
    created_at: Timestamp
    created_by: str | None
