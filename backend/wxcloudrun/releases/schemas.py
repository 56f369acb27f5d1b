"""Wire shapes of releases."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import ArtifactId, GenericName, ProjectName
from wxcloudrun.kit.package_names import AnyPackageName
from wxcloudrun.kit.texts import text
from wxcloudrun.projects.service.projects import DEFAULT_PROJECT
from wxcloudrun.releases.queries import ReleaseFilter, ReleaseView
from wxcloudrun.releases.rules.sources import URL_CHARACTERS, NixSource, Source, UrlSource
from wxcloudrun.releases.service.lifecycle import ReleaseSpec
from wxcloudrun.versions.reads import Status
from wxcloudrun.versions.rules.names import VERSION_CHARACTERS, is_semver
from wxcloudrun.versions.schemas import StatusName, YankOut
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import Input, Output, Timestamp


def check_semver(version: str) -> str:
    """Return `version`; WrongValue unless it follows Semantic Versioning 2.0.0 to the letter."""
    if not is_semver(version):
        raise WrongValue(
            text(
                "use a version that follows SemVer 2.0.0, such as 1.4.0 or 2.0.0-rc.1,"
                " of at most {limit} characters",
                limit=VERSION_CHARACTERS,
            )
        )
    return version


class SourceIn(Input):
    """`nix`: built from the administrator's catalogue; `url`: fetched from a host that they allow."""

    type: Literal["nix", "url"]
    url: str | None = Field(None, max_length=URL_CHARACTERS)
    sha256: ArtifactId | None = None

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        given = {name for name in ("url", "sha256") if getattr(self, name) is not None}
        if self.type == "nix" and given:
            raise WrongValue(text("a source of the type nix has nothing but its type"))
        if self.type == "url" and len(given) < len(("url", "sha256")):
            raise WrongValue(text("a source of the type url needs url and sha256"))
        return self

    def source(self) -> Source:
        """Return what the service wants to know."""
        if self.url is None or self.sha256 is None:
            return NixSource()
        return UrlSource(self.url, self.sha256)


class ReleaseIn(Input):
    """A new release; without a source it waits for an upload of its version."""

    name: GenericName
    version: Annotated[str, AfterValidator(check_semver)]
    project: ProjectName = DEFAULT_PROJECT
    source: SourceIn | None = None

    def spec(self) -> ReleaseSpec:
        """Return what the service wants to know."""
        source = None if self.source is None else self.source.source()
        return ReleaseSpec(self.project, self.name, self.version, source)


class ReleaseQuery(PageQuery):
    """Which releases a list shall hold."""

    status: Literal["created", "downloaded", "activated", "failed"] | None = None
    name: AnyPackageName | None = None
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
    status: StatusName
    artifact_id: str | None
    source: dict[str, Any] | None
    error: str | None
    created_at: Timestamp
    downloaded_at: Timestamp | None
    activated_at: Timestamp | None
    yanked: YankOut | None

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
            yanked=None if view.yanked is None else YankOut.model_validate(view.yanked),
        )


class LogOut(Output):
    """What the last attempt to obtain the bytes has said; `truncated` if only its end was kept."""

    log: str
    truncated: bool
