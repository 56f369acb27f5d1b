"""What is kept: projects, packages, bytes, their names, and releases."""

from dataclasses import dataclass
from functools import partial

from wxcloudrun.adoption.service.adopting import AdoptService
from wxcloudrun.adoption.service.asking import AdoptionService
from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.attempts.service import count_request
from wxcloudrun.config import Settings
from wxcloudrun.downloads.service.artifacts import ArtifactService
from wxcloudrun.downloads.service.blobs import BlobService
from wxcloudrun.downloads.service.noting import ReadingLog
from wxcloudrun.downloads.service.resolve import ResolveService
from wxcloudrun.keys.service.keys import revoke_bound_to
from wxcloudrun.net.fetch import Fetcher, FetchLimits
from wxcloudrun.packages.reads import count_packages, has_held_packages
from wxcloudrun.packages.service import AbovePackages, Callers, PackageService
from wxcloudrun.projects.service.members import MemberService
from wxcloudrun.projects.service.projects import Creation, ProjectService
from wxcloudrun.releases.gateway.nix import NixGateway, NixSettings
from wxcloudrun.releases.gateway.url import UrlGateway
from wxcloudrun.releases.service.lifecycle import ReleaseService
from wxcloudrun.releases.service.obtain import ObtainService
from wxcloudrun.search.service import SearchService
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.service_accounts.reads import may_join
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.limits.memory import MemoryCounters
from wxcloudrun.tags.service import following
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.upload_sessions.reads import has_begun_with
from wxcloudrun.uploads.reads import contents
from wxcloudrun.uploads.service.acceptance import UploadAcceptance
from wxcloudrun.uploads.service.by_checksum import ChecksumUploadService
from wxcloudrun.uploads.service.incoming import UploadService
from wxcloudrun.uploads.service.listing import UploadListService
from wxcloudrun.versions.reads import last_file, of_several_files
from wxcloudrun.versions.service.files import FileService
from wxcloudrun.versions.service.versions import VersionService
from wxcloudrun.wiring.foundation import FoundationServices
from wxcloudrun.wiring.secrets import server_keys
from wxcloudrun.wiring.stores import rate_counters


@dataclass(frozen=True)
class NameServices:
    """The services of places and of names."""

    projects: ProjectService
    members: MemberService
    packages: PackageService
    versions: VersionService
    files: FileService
    tags: TagService
    references: ResolveService
    reading_log: ReadingLog
    search: SearchService


@dataclass(frozen=True)
class ByteServices:
    """The services through which bytes come in and go out."""

    digests: DigestService
    intake: IntakeService
    acceptance: UploadAcceptance
    incoming: UploadService
    by_checksum: ChecksumUploadService
    uploads: UploadListService
    blobs: BlobService
    artifacts: ArtifactService
    adoptions: AdoptionService
    adopting: AdoptService


@dataclass(frozen=True)
class ReleaseServices:
    """The services of releases."""

    releases: ReleaseService
    obtain: ObtainService


def build_names(settings: Settings, foundation: FoundationServices, callers: Callers) -> NameServices:
    """Build what knows places and names, lower domains first."""
    erasure = foundation.erasure
    packages = PackageService(
        above=AbovePackages(contents, of_several_files, last_file),
        tags=following,
        erasure=erasure,
        callers=callers,
        most_per_project=settings.packages_per_project,
    )
    files = FileService(packages=packages)
    # In each process: it is their time that is saved, and a read shall not need to write for it.
    count_choice = partial(count_request, MemoryCounters(), "resolve", settings.ratelimit_resolve)
    references = ResolveService(packages=packages, files=files, count_choice=count_choice)
    return NameServices(
        projects=ProjectService(
            creation=Creation(settings.project_creation == "administrators", settings.projects_per_user),
            count_packages=count_packages,
            has_held_packages=has_held_packages,
            revoke_keys=revoke_bound_to,
            erasure=erasure,
        ),
        members=MemberService(
            may_join=may_join, counters=rate_counters(settings), limit=settings.ratelimit_members
        ),
        packages=packages,
        versions=VersionService(packages=packages, tags=following),
        files=files,
        tags=TagService(packages=packages, references=references, most_per_package=settings.tags_per_package),
        references=references,
        reading_log=ReadingLog(
            counters=rate_counters(settings), downloads=settings.audit_downloads, links=settings.audit_links
        ),
        search=SearchService(),
    )


def build_bytes(
    settings: Settings, blobs: BlobStore, foundation: FoundationServices, names: NameServices
) -> ByteServices:
    """Build what takes and gives bytes."""
    is_deferred = settings.extra_digests == "deferred"
    digests = DigestService(blobs=blobs, jobs=foundation.jobs, is_deferred=is_deferred)
    intake = IntakeService(
        blobs=blobs,
        digests=digests,
        max_upload_bytes=settings.max_upload_bytes,
        link_seconds=settings.link_seconds,
    )
    packages = names.packages
    acceptance = UploadAcceptance(
        versions=names.versions, tags=names.tags, blobs=blobs, digests=digests, is_key_taken=has_begun_with
    )
    return ByteServices(
        digests=digests,
        intake=intake,
        acceptance=acceptance,
        incoming=UploadService(packages=packages, intake=intake, acceptance=acceptance),
        by_checksum=ChecksumUploadService(packages=packages, intake=intake, acceptance=acceptance),
        uploads=UploadListService(packages=packages),
        blobs=BlobService(
            blobs=blobs,
            base_url=settings.base_url,
            link_seconds=settings.link_seconds,
            link_keys=server_keys(settings).ring(Purpose.LINKS),
            links_to_store=settings.download_links == "store",
        ),
        artifacts=ArtifactService(),
        adoptions=AdoptionService(packages=packages, jobs=foundation.jobs),
        adopting=AdoptService(packages=packages, blobs=blobs, intake=intake, versions=names.versions),
    )


def build_releases(
    settings: Settings, foundation: FoundationServices, names: NameServices, intake: IntakeService
) -> ReleaseServices:
    """Build what leads releases through their life, and what obtains their bytes."""
    urls, nix = url_gateway(settings), nix_gateway(settings)
    versions = names.versions
    return ReleaseServices(
        releases=ReleaseService(packages=names.packages, versions=versions, jobs=foundation.jobs, urls=urls),
        obtain=ObtainService(
            packages=names.packages,
            intake=intake,
            versions=versions,
            gateways={"nix": nix, "url": urls},
        ),
    )


def url_gateway(settings: Settings) -> UrlGateway:
    """Build what fetches files from foreign hosts."""
    limits = FetchLimits(
        hosts=frozenset(settings.url_source_hosts),
        total_seconds=settings.url_source_timeout_seconds,
        silence_seconds=settings.url_source_silence_seconds,
        allow_private=settings.url_source_allow_private,
        ca_file=settings.url_source_ca_file,
    )
    return UrlGateway(Fetcher(limits))


def nix_gateway(settings: Settings) -> NixGateway:
    """Build what lets Nix build."""
    return NixGateway(
        NixSettings(
            directory=settings.data_dir / "nix",
            catalog=settings.nix_catalog_dir,
            store=settings.nix_store,
            sandbox=settings.nix_sandbox,
            timeout_seconds=settings.nix_timeout_seconds,
            silence_seconds=settings.nix_silence_seconds,
            nix_path=settings.nix_path,
        )
    )
