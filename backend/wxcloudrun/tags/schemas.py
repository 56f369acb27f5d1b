"""Wire shapes of tags."""

from typing import Self

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, model_validator

from wxcloudrun.kit.errors import Invalid, WrongValue
from wxcloudrun.kit.names import ArtifactId, NewTagName
from wxcloudrun.kit.texts import text
from wxcloudrun.tags.service.tags import Moved
from wxcloudrun.versions.schemas import VersionName
from wxcloudrun.web.parsing import Input, Output, Timestamp
from wxcloudrun.web.validation import complaint

REF_CHARACTERS = 300


def given(field: str) -> dict[str, JsonValue]:
    """Say in a schema that a field is there and not null."""
    return {"required": [field], "properties": {field: {"type": "string"}}}


class TagIn(Input):
    """Where a tag shall point: exactly one of the three."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [given("artifact_id"), given("version"), given("ref")]}
    )

    artifact_id: ArtifactId | None = None
    version: VersionName | None = None
    ref: str | None = Field(None, min_length=1, max_length=REF_CHARACTERS)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [each for each in (self.artifact_id, self.version, self.ref) if each is not None]
        if len(given) != 1:
            raise WrongValue(text("give exactly one of artifact_id, version and ref"))
        return self


class TagOut(Output):
    """A tag. Where `version` is null it points at `artifact_id`, else at that version.

    Of a version, `artifact_id` is the one file; null if it has several.
    """

    name: str
    artifact_id: str | None
    version: str | None
    updated_at: Timestamp
    updated_by: str | None


class TagMovedOut(TagOut):
    """A tag after a change, and the artifact or the version that it was at; both null for a new one."""

    previous: str | None
    previous_version: str | None

    @classmethod
    def of(cls, moved: Moved) -> Self:
        """Shape a tag that was pointed somewhere."""
        tag = moved.tag
        return cls(
            name=tag.name,
            artifact_id=tag.artifact_id,
            version=tag.version,
            updated_at=tag.updated_at,
            updated_by=tag.updated_by,
            previous=moved.previous.artifact_id,
            previous_version=moved.previous.version,
        )


class TagMoveOut(Output):
    """One entry of a tag's history: the artifact or the version it went to; both null if it was deleted."""

    id: int
    artifact_id: str | None
    version: str | None
    previous: str | None
    previous_version: str | None
    moved_at: Timestamp
    moved_by: str | None


def parse_tag_name(name: str) -> str:
    """Return a tag name that stands in a URL and shall be made. Raises Invalid."""
    try:
        return TypeAdapter(NewTagName).validate_python(name)
    except ValidationError as error:
        raise Invalid.field("tag", complaint(error.errors()[0])) from None
