"""Wire shapes of downloads, resolutions and artifacts."""

from typing import Literal, Self

from pydantic import Field

from wxcloudrun.downloads.service.artifacts import SeenArtifact
from wxcloudrun.downloads.service.resolve import Resolved
from wxcloudrun.tags.schemas import REF_CHARACTERS
from wxcloudrun.versions.rules.choices import WhyNot
from wxcloudrun.web.links import file_url
from wxcloudrun.web.parsing import Output, Query, Timestamp


class DownloadQuery(Query):
    """How the bytes shall come: through this service, by redirect, or as a link in an answer."""

    mode: Literal["proxy", "redirect", "presigned"] = "proxy"


class ResolveQuery(Query):
    """The reference to explain."""

    ref: str = Field(min_length=1, max_length=REF_CHARACTERS)


class LinkOut(Output):
    """A link to the bytes, and how to check them."""

    url: str
    expires_at: Timestamp
    sha256: str
    size: int


class ExcludedOut(Output):
    """A version that was left out, and why."""

    version: str
    why: WhyNot


class ResolvedOut(Output):
    """What a reference means; lists have 100 entries at most.

    `artifact_id` and `url` are null for a version with several files.
    """

    artifact_id: str | None
    version: str | None
    tag: str | None
    url: str | None
    candidates: list[str]
    excluded: list[ExcludedOut]

    @classmethod
    def of(cls, resolved: Resolved) -> Self:
        """Shape a resolution."""
        choice, target = resolved.choice, resolved.target
        left_out = choice.excluded if choice else ()
        exact = [target.version] if target.version is not None else []
        found = resolved.package
        ref = f"artifact:{target.artifact_id}" if target.version is None else f"version:{target.version}"
        url = file_url(found.project, found.name, ref, target.original_name)
        is_one = target.files_count == 1
        return cls(
            artifact_id=target.artifact_id if is_one else None,
            version=target.version,
            tag=target.tag,
            url=url if is_one else None,
            candidates=list(choice.matching) if choice else exact,
            excluded=[ExcludedOut(version=each.version, why=each.why) for each in left_out],
        )


class TagHolderOut(Output):
    """A tag that points at the artifact."""

    project: str
    package: str
    tag: str


class VersionHolderOut(Output):
    """A version that is the artifact."""

    project: str
    package: str
    version: str


class ArtifactOut(Output):
    """An artifact as far as the caller may see it; lists have 100 entries at most."""

    id: str
    size: int
    md5: str | None
    sha1: str | None
    sha256: str
    content_type: str
    original_name: str
    ref_count: int
    created_at: Timestamp
    created_by: str | None
    tags: list[TagHolderOut]
    versions: list[VersionHolderOut]

    @classmethod
    def of(cls, found: SeenArtifact) -> Self:
        """Shape an artifact."""
        artifact, seen, holders = found.artifact, found.seen, found.holders
        return cls(
            id=artifact.id,
            size=artifact.size_bytes,
            md5=seen.told.digests.md5,
            sha1=seen.told.digests.sha1,
            sha256=artifact.id,
            content_type=seen.provenance.content_type,
            original_name=seen.provenance.original_name,
            ref_count=seen.ref_count,
            created_at=seen.provenance.deposited_at,
            created_by=seen.uploader,
            tags=[TagHolderOut(project=t.project, package=t.package, tag=t.name) for t in holders.tags],
            versions=[
                VersionHolderOut(project=v.project, package=v.package, version=v.name)
                for v in holders.versions
            ],
        )
