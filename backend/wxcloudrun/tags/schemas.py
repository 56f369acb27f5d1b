"""Wire shapes of tags."""

from typing import Self

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError, model_validator

from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.names import ArtifactId, TagName
from wxcloudrun.kit.web.parsing import Input, Output, Timestamp
from wxcloudrun.tags.service import Moved
from wxcloudrun.versions.schemas import VersionName


def given(field: str) -> dict[str, JsonValue]:
    """Say in a schema that a field is there and not null."""
    return {"required": [field], "properties": {field: {"type": "string"}}}


class TagIn(Input):
    """Where a tag shall point: exactly one of the two."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("artifact_id"), given("version")]})

    artifact_id: ArtifactId | None = None
    version: VersionName | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.artifact_id is None) == (self.version is None):
            message = "give either artifact_id or version"
            raise ValueError(message)
        return self


class TagOut(Output):
    """A tag."""

    name: str
    artifact_id: str
    updated_at: Timestamp
    updated_by: str | None


class TagMovedOut(TagOut):
    """A tag after a change; `previous` is null for a new one."""

    previous: str | None

    @classmethod
    def of(cls, moved: Moved) -> Self:
        """Shape a tag that was pointed somewhere."""
        tag = moved.tag
        return cls(
            name=tag.name,
            artifact_id=tag.artifact_id,
            updated_at=tag.updated_at,
            updated_by=tag.updated_by,
            previous=moved.previous,
        )


class TagMoveOut(Output):
    """One entry of a tag's history; `artifact_id` is null where the tag was deleted."""

    id: int
    artifact_id: str | None
    previous: str | None
    moved_at: Timestamp
    moved_by: str | None


def parse_tag_name(name: str) -> str:
    """Return a tag name that stands in a URL and shall be made. Raises Invalid."""
    try:
        return TypeAdapter(TagName).validate_python(name)
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise Invalid.field("tag", message) from None
