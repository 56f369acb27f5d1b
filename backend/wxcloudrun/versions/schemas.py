"""Wire shapes of versions, and the type of a version name."""

from typing import Annotated, Self, cast

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import UNSAID, check_said
from wxcloudrun.kit.texts import text
from wxcloudrun.versions.models import NameSource, Status
from wxcloudrun.versions.queries import VersionView
from wxcloudrun.versions.queries.files import FileView
from wxcloudrun.versions.rules.names import check_version
from wxcloudrun.versions.rules.standing import (
    DEPRECATED_CHARACTERS,
    MAX_PROPERTIES,
    NOTES_BYTES,
    PROPERTY_VALUE_CHARACTERS,
    YANKED_REASON_CHARACTERS,
)
from wxcloudrun.versions.service.versions import VersionChange
from wxcloudrun.web.links import file_url
from wxcloudrun.web.parsing import Input, Output, Timestamp, one_of

VERSION_NAME = {"type": "string", "pattern": r"^[!-.0-~]{1,128}$"}
NEW_VERSION_NAME = {"type": "string", "pattern": rf"^(?!({'|'.join(sorted(UNSAID))})$)[!-.0-~]{{1,128}}$"}
VersionName = Annotated[str, AfterValidator(check_version), WithJsonSchema(VERSION_NAME)]
NewVersionName = Annotated[
    str, AfterValidator(check_version), AfterValidator(check_said), WithJsonSchema(NEW_VERSION_NAME)
]


StatusName = Annotated[str, one_of(Status)]
SourceName = Annotated[str, one_of(NameSource)]


def check_notes(notes: str) -> str:
    """Return `notes`; WrongValue if they are too long in bytes."""
    if len(notes.encode()) > NOTES_BYTES:
        raise WrongValue(text("notes may have {limit} bytes of UTF-8 at most", limit=NOTES_BYTES))
    return notes


Notes = Annotated[str, StringConstraints(max_length=NOTES_BYTES), AfterValidator(check_notes)]
PropertyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
PropertyValue = Annotated[str, StringConstraints(max_length=PROPERTY_VALUE_CHARACTERS)]


class VersionPatch(Input):
    """What shall be said of a version: null takes it back, what is left out stays."""

    yanked: str | None = Field(None, max_length=YANKED_REASON_CHARACTERS)
    deprecated: str | None = Field(None, min_length=1, max_length=DEPRECATED_CHARACTERS)
    notes: Notes | None = None
    properties: dict[PropertyName, PropertyValue] | None = Field(None, max_length=MAX_PROPERTIES)

    def change(self) -> VersionChange:
        """Return what the service wants to know."""
        return cast("VersionChange", self.model_dump(exclude_unset=True))


class YankOut(Output):
    """Since when nobody shall choose a version any more, and why."""

    reason: str
    at: Timestamp


class VersionOut(Output):
    """A version; `artifact_id` and `url` are null if it has no file, or several."""

    id: int
    version: str
    artifact_id: str | None
    status: StatusName
    version_source: SourceName | None
    created_at: Timestamp
    created_by: str | None
    yanked: YankOut | None
    deprecated: str | None
    properties: dict[str, str]
    sealed_at: Timestamp | None
    url: str | None

    @classmethod
    def of(cls, project: str, package: str, view: VersionView) -> Self:
        """Shape a version of a package."""
        name = None if view.artifact_id is None else view.original_name
        url = None if name is None else file_url(project, package, f"version:{view.version}", name)
        shown = {field: getattr(view, field) for field in cls.model_fields if field != "url"}
        return cls(url=url, **shown)


class FileOut(Output):
    """A file of a version, and where it is."""

    filename: str
    size: int
    sha256: str
    content_type: str | None
    url: str

    @classmethod
    def of(cls, project: str, package: str, version: str, view: FileView) -> Self:
        """Shape a file of a version."""
        return cls(
            filename=view.filename,
            size=view.size_bytes,
            sha256=view.artifact_id,
            content_type=view.content_type,
            url=file_url(project, package, f"version:{version}", view.filename),
        )


class SaidOut(Output):
    """What a package says of itself. It is foreign text: whoever shows it as HTML has to make it harmless."""

    summary: str | None
    requires: str | None
    dependencies: list[str]
    readme: str | None
    readme_type: str | None
    readme_is_whole: bool


class VersionDetailOut(VersionOut):
    """A version with what people wrote about it, and what its first file says that says something."""

    notes: str | None
    said: SaidOut | None


class FileDetailOut(FileOut):
    """A file of a version with what it says of itself."""

    said: SaidOut | None

    @classmethod
    def shaped(cls, project: str, package: str, version: str, view: FileView) -> Self:
        """Shape a file of a version."""
        listed = FileOut.of(project, package, version, view)
        said = None if view.said is None else SaidOut.model_validate(view.said)
        return cls(said=said, **listed.model_dump())
