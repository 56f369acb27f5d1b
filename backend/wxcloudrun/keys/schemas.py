"""Wire shapes of API keys."""

from typing import Annotated, Self

from pydantic import Field, WithJsonSchema

from wxcloudrun.keys.service.keys import MadeKey
from wxcloudrun.kit.names import ProjectName
from wxcloudrun.kit.security import Scope
from wxcloudrun.web.parsing import Input, Output, Timestamp

MAX_KEY_DAYS = 3650
MAX_OVERLAP_HOURS = 30 * 24
SCOPES = {"type": "array", "minItems": 1, "items": {"enum": [str(scope) for scope in Scope]}}

KeyName = Annotated[str, Field(min_length=1, max_length=100)]
KeyDays = Annotated[int, Field(ge=0, le=MAX_KEY_DAYS)]


class KeyIn(Input):
    """A key to make; without scopes it may read and write, without a project it works in all of them.

    With 0 days it has no end, where the service allows that.
    """

    name: KeyName
    scopes: Annotated[frozenset[Scope], Field(min_length=1), WithJsonSchema(SCOPES)] | None = None
    project: ProjectName | None = None
    expires_in_days: KeyDays | None = None


class RotationIn(Input):
    """How long the old key keeps working beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=MAX_OVERLAP_HOURS)] = 0


class KeyOut(Output):
    """An API key without what makes it one."""

    id: int
    name: str
    prefix: str
    scopes: list[Scope]
    project: str | None
    created_at: Timestamp
    created_by: str | None
    parent_id: int | None
    expires_at: Timestamp | None
    last_used_at: Timestamp | None


class KeyMadeOut(KeyOut):
    """A new API key; `key` is shown this once."""

    key: str

    @classmethod
    def of(cls, made: MadeKey) -> Self:
        """Shape a key and its secret."""
        return cls(key=made.key, **KeyOut.model_validate(made.view).__dict__)
