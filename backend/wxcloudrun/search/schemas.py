"""Wire shapes of the search."""

from typing import Annotated, Self

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import ArtifactId, ProjectName, TagName
from wxcloudrun.kit.package_names import WRITTEN_CHARACTERS
from wxcloudrun.kit.texts import text
from wxcloudrun.search.queries import Hit, SearchFilters
from wxcloudrun.versions.schemas import VersionName
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import Output


def check_prefix(prefix: str) -> str:
    """Return `prefix`; WrongValue if no name can begin so."""
    if len(prefix) > WRITTEN_CHARACTERS or not prefix.isascii() or not prefix.isprintable():
        raise WrongValue(text("a name has {limit} ASCII characters at most", limit=WRITTEN_CHARACTERS))
    return prefix


PREFIX = {"type": "string", "pattern": f"^[ -~]{{0,{WRITTEN_CHARACTERS}}}$"}


class SearchQuery(PageQuery):
    """Filters; a package must satisfy all that are given."""

    q: Annotated[str, AfterValidator(check_prefix), WithJsonSchema(PREFIX)] | None = None
    project: ProjectName | None = None
    tag: TagName | None = None
    version: VersionName | None = None
    sha256: ArtifactId | None = None

    def filters(self) -> SearchFilters:
        """Return what the service takes."""
        return SearchFilters(self.q, self.project, self.tag, self.version, self.sha256)


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
