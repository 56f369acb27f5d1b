"""Wire shapes of packages."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.kit.package_names import AnyPackageName, Format
from wxcloudrun.packages.models import Layout
from wxcloudrun.web.parsing import Input, Output, Query, Timestamp, one_of

FormatName = Annotated[str, one_of(Format)]
LayoutName = Annotated[str, one_of(Layout)]


class PackageIn(Input):
    """A new package; without a layout a generic one is `single`, and another one `files`."""

    name: AnyPackageName
    description: str = Field("", max_length=1000)
    layout: Layout | None = None


class PackagePatch(Input):
    """What may change; what is left out stays."""

    description: str | None = Field(None, max_length=1000)
    layout: Layout | None = None


class PackageDeletion(Query):
    """Whether a package goes with everything in it."""

    force: bool = False


class PackageOut(Output):
    """A package."""

    project: str
    name: str
    format: FormatName
    display_name: str
    description: str
    layout: LayoutName
    created_at: Timestamp
    created_by: str | None
