"""Wire shapes of releases."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field

from wxcloudrun.kit.names import ArtifactId, PackageName, ProjectName
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.kit.web.parsing import Input, Output, Timestamp
from wxcloudrun.projects.service import DEFAULT_PROJECT
from wxcloudrun.releases.queries import ReleaseFilter, ReleaseView
from wxcloudrun.releases.rules.sources import URL_CHARACTERS, NixSource, Source, UrlSource
from wxcloudrun.releases.service.lifecycle import ReleaseSpec
from wxcloudrun.versions.models import Status
from wxcloudrun.versions.rules import VERSION_CHARACTERS, is_semver


def check_semver(text: str) -> str:
    """Return `text`; ValueError unless it follows Semantic Versioning 2.0.0 to the letter."""
    if not is_semver(text):
        message = (
            "use a version that follows SemVer 2.0.0, such as 1.4.0 or 2.0.0-rc.1,"
            f" of at most {VERSION_CHARACTERS} characters"
        )
        raise ValueError(message)
    return text


class NixSourceIn(Input):
    """Build what the package's name stands for in the administrator's catalogue."""

    type: Literal["nix"]


class UrlSourceIn(Input):
    """Fetch from a host that the administrator allows."""

    type: Literal["url"]
    url: str = Field(max_length=URL_CHARACTERS)
    sha256: ArtifactId


class ReleaseIn(Input):
    """A new release; without a source it waits for an upload of its version."""

    name: PackageName
    version: Annotated[str, AfterValidator(check_semver)]
    project: ProjectName = DEFAULT_PROJECT
    source: Annotated[NixSourceIn | UrlSourceIn, Field(discriminator="type")] | None = None

    def spec(self) -> ReleaseSpec:
        """Return what the service wants to know."""
        return ReleaseSpec(self.project, self.name, self.version, self._source())

    def _source(self) -> Source | None:
        if isinstance(self.source, UrlSourceIn):
            return UrlSource(self.source.url, self.source.sha256)
        return None if self.source is None else NixSource()


class ReleaseQuery(PageQuery):
    """Which releases a list shall hold."""

    status: Literal["created", "downloaded", "activated", "failed"] | None = None
    name: PackageName | None = None
    project: ProjectName | None = None

    def filter(self) -> ReleaseFilter:
        """Return what the service wants to know."""
        status = None if self.status is None else Status(self.status)
        return ReleaseFilter(status, self.name, self.project)


class ReleaseOut(Output):
    """A release; `artifact_id` is null until its bytes are here, `error` says why they are not."""

    id: int
    name: str
    version: str
    project: str
    status: str
    artifact_id: str | None
    source: dict[str, Any] | None
    error: str | None
    created_at: Timestamp
    downloaded_at: Timestamp | None
    activated_at: Timestamp | None

    @classmethod
    def of(cls, view: ReleaseView) -> Self:
        """Shape a release for an answer."""
        return cls(
            id=view.id,
            name=view.name,
            version=view.version,
            project=view.project,
            status=view.status,
            artifact_id=view.artifact_id,
            source=None if view.source is None else json.loads(view.source),
            error=view.error,
            created_at=view.created_at,
            downloaded_at=view.downloaded_at,
            activated_at=view.activated_at,
        )


class LogOut(Output):
    """What the last attempt to obtain the bytes has said; `truncated` if only its end was kept."""

    log: str
    truncated: bool
