"""Wire shapes of the search."""

from typing import Annotated, Self

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.kit.names import ArtifactId, ProjectName, TagName
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.kit.web.parsing import Output
from wxcloudrun.search.queries import Filters, Hit
from wxcloudrun.versions.schemas import VersionName


def check_prefix(text: str) -> str:
    """Return `text`; ValueError if no name can begin so."""
    if len(text) > 128 or not text.isascii() or not text.isprintable():
        message = "a name has 128 ASCII characters at most"
        raise ValueError(message)
    return text


PREFIX = {"type": "string", "pattern": "^[ -~]{0,128}$"}


class SearchQuery(PageQuery):
    """Filters; a package must satisfy all that are given."""

    q: Annotated[str, AfterValidator(check_prefix), WithJsonSchema(PREFIX)] | None = None
    project: ProjectName | None = None
    tag: TagName | None = None
    version: VersionName | None = None
    sha256: ArtifactId | None = None

    def filters(self) -> Filters:
        """Return what the service takes."""
        return Filters(self.q, self.project, self.tag, self.version, self.sha256)


class HitOut(Output):
    """A package, with the tag, the version and the bytes that were asked for."""

    project: str
    package: str
    description: str
    tag: str | None
    version: str | None
    artifact_id: str | None

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Shape a hit."""
        return cls.model_validate(hit)
