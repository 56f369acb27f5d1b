"""Wire shapes of versions, and the type of a version name."""

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.kit.web.parsing import Output, Timestamp
from wxcloudrun.versions.rules import version_problem


def check_version(text: str) -> str:
    """Return `text`; ValueError that says what a version may look like."""
    problem = version_problem(text)
    if problem is not None:
        raise ValueError(problem)
    return text


VERSION_NAME = {"type": "string", "pattern": r"^[!-.0-~]{1,128}$"}
VersionName = Annotated[str, AfterValidator(check_version), WithJsonSchema(VERSION_NAME)]


class VersionOut(Output):
    """A version; `artifact_id` is null while it waits for its bytes."""

    id: int
    version: str
    artifact_id: str | None
    status: str
    version_source: str | None
    created_at: Timestamp
    created_by: str | None
