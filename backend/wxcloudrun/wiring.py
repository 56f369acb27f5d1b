"""The composition root: which class fills which port, and the one instance of each service."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask

from wxcloudrun.accounts.controller import identify_caller
from wxcloudrun.accounts.gateway import HttpWechatGateway, NoWechat, WechatGateway
from wxcloudrun.accounts.service.administration import UserAdministrationService
from wxcloudrun.accounts.service.binding import BindingService
from wxcloudrun.accounts.service.credentials import SecretHashes
from wxcloudrun.accounts.service.guard import LoginGuard, LoginLimits
from wxcloudrun.accounts.service.identify import IdentityService
from wxcloudrun.accounts.service.keys import KeyService
from wxcloudrun.accounts.service.passwords import Passwords
from wxcloudrun.accounts.service.revoke import RevocationService
from wxcloudrun.accounts.service.sessions import Lifetimes, SessionService
from wxcloudrun.accounts.service.tokens import AccessTokens
from wxcloudrun.accounts.service.users import UserService
from wxcloudrun.accounts.service.wechat import WechatService
from wxcloudrun.artifacts.service.collect import CollectService
from wxcloudrun.artifacts.service.content import ContentService
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.artifacts.service.digests import JOB_KIND as DIGESTS
from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.artifacts.service.fsck import FsckService
from wxcloudrun.artifacts.service.rebuild import RebuildService
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.artifacts.tasks import ArtifactTasks
from wxcloudrun.audit.rules import ChainKeys
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.config import Settings
from wxcloudrun.downloads.service.artifacts import ArtifactService
from wxcloudrun.downloads.service.content import BlobService
from wxcloudrun.downloads.service.resolve import ResolveService
from wxcloudrun.health.service import HealthService
from wxcloudrun.jobs.service.administration import JobAdministrationService
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.periodic import PeriodicService, TaskKind
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.jobs.service.recovery import RecoveryService
from wxcloudrun.jobs.service.statistics import JobStatistics
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit.cache.memory import MemoryCache
from wxcloudrun.kit.cache.port import Cache
from wxcloudrun.kit.cache.redis import RedisCache
from wxcloudrun.kit.db import on_this_database
from wxcloudrun.kit.fetch import Fetcher, FetchLimits
from wxcloudrun.kit.http_client import HttpClient
from wxcloudrun.kit.limits.fallback import FallbackCounters
from wxcloudrun.kit.limits.port import RateCounters
from wxcloudrun.kit.limits.redis import RedisCounters
from wxcloudrun.kit.limits.sql import SqlCounters
from wxcloudrun.kit.queue.background import Background
from wxcloudrun.kit.queue.duties import Duties
from wxcloudrun.kit.queue.huey import HueyQueue, embedded_queue, redis_queue
from wxcloudrun.kit.storage.local import LocalBlobStore
from wxcloudrun.kit.storage.measured import MeasuredBlobStore
from wxcloudrun.kit.storage.port import BlobStore
from wxcloudrun.maintenance.service import MaintenanceService
from wxcloudrun.maintenance.tasks import MaintenanceTasks
from wxcloudrun.packages import queries as package_queries
from wxcloudrun.packages.service import PackageService
from wxcloudrun.projects import queries as project_queries
from wxcloudrun.projects.service import ProjectService
from wxcloudrun.releases.gateway.nix import NixGateway, NixSettings
from wxcloudrun.releases.gateway.url import UrlGateway
from wxcloudrun.releases.service.lifecycle import OBTAIN, ReleaseService
from wxcloudrun.releases.service.obtain import ObtainService
from wxcloudrun.releases.tasks import ReleaseTasks
from wxcloudrun.search.service import SearchService
from wxcloudrun.stats.service import StatsService
from wxcloudrun.tags.service import TagService
from wxcloudrun.uploads.service.by_checksum import ChecksumDepositService
from wxcloudrun.uploads.service.deposits import DepositListService
from wxcloudrun.uploads.service.publication import Publication
from wxcloudrun.uploads.service.reception import ReceptionService
from wxcloudrun.versions.service import VersionService

HOUR, DAY = 3600, 86_400


def connect(app: Flask, settings: Settings) -> None:
    """Build everything that lives as long as the application does."""
    cache = app.extensions["cache"] = build_cache(settings)
    blobs = MeasuredBlobStore(blob_store(settings))
    app.extensions["services"] = build_services(settings, blobs, cache)
    app.extensions["identify"] = identify_caller


def build_cache(settings: Settings) -> Cache:
    """Return the cache: in Redis for all processes if there is one, else in this process."""
    if settings.redis_url is None:
        return MemoryCache(max_entries=settings.cache_max_size, ttl_seconds=settings.cache_ttl_seconds)
    return RedisCache(
        settings.redis_url.get_secret_value(),
        max_entries=settings.cache_max_size,
        ttl_seconds=settings.cache_ttl_seconds,
    )


def build_services(settings: Settings, blobs: BlobStore, cache: Cache) -> dict[type[Any], Any]:
    """Build each service with what it needs, by its class."""
    queue = job_queue(settings)
    jobs = JobQueue(wake_ups=queue)
    digests = DigestService(blobs=blobs, jobs=jobs, is_deferred=settings.extra_digests == "deferred")
    services: dict[type[Any], Any] = {}
    for service in (
        jobs,
        digests,
        *account_services(settings),
        *registry_services(settings, blobs, jobs, digests),
        *maintenance_services(settings, blobs),
    ):
        services[type(service)] = service
    add_background_services(services, settings, queue)
    services[HealthService] = HealthService(blobs=blobs, queue=queue)
    services[StatsService] = stats_service(settings, cache, services[JobStatistics])
    return services


def add_background_services(services: dict[type[Any], Any], settings: Settings, queue: HueyQueue) -> None:
    """Build what works in the background; it stands on all the others."""
    chores = MaintenanceTasks(
        collect=services[CollectService], sweep=services[SweepService], fsck=services[FsckService]
    )
    artifacts, releases = (
        ArtifactTasks(digests=services[DigestService]),
        ReleaseTasks(services[ObtainService]),
    )
    kinds = job_kinds(chores, artifacts, releases)
    recovery = RecoveryService(kinds=kinds, jobs=services[JobQueue], history_days=settings.job_history_days)
    tasks = periodic_tasks(services, chores, recovery)
    lease_seconds = settings.job_lease_seconds
    work = WorkService(kinds=kinds, lease_seconds=lease_seconds)
    periodic = PeriodicService(tasks=tasks, lease_seconds=lease_seconds)
    background = Background(queue=queue, duties=partial(duties, work, periodic), threads=settings.job_threads)
    administration = JobAdministrationService(tasks=tasks)
    for service in (
        work,
        periodic,
        recovery,
        background,
        administration,
        JobStatistics(tasks=tasks, is_running_here=lambda: background.is_running),
        MaintenanceService(queue=services[JobQueue], jobs=administration),
    ):
        services[type(service)] = service


def job_kinds(
    chores: MaintenanceTasks, artifacts: ArtifactTasks, releases: ReleaseTasks
) -> dict[str, JobKind]:
    """Return how each kind of job is done, in one table; handlers stand in the domains' `tasks.py`."""
    return {
        "collect": JobKind(chores.collect),
        "sweep": JobKind(chores.sweep),
        "fsck": JobKind(chores.fsck),
        DIGESTS: JobKind(artifacts.compute_digests),
        OBTAIN: JobKind(releases.obtain, releases.obtain_failed),
    }


def periodic_tasks(
    services: Mapping[type[Any], Any], chores: MaintenanceTasks, recovery: RecoveryService
) -> dict[str, TaskKind]:
    """Return what is done again and again, and how often unless an administrator decides otherwise."""
    return {
        "requeue-jobs": TaskKind(10, recovery.requeue_abandoned),
        "audit-chain": TaskKind(60, services[AuditService].chain),
        "collect": TaskKind(HOUR, chores.collect_periodically),
        "forget-expired": TaskKind(HOUR, services[RevocationService].forget_expired),
        "sweep": TaskKind(DAY, chores.sweep_periodically),
        "forget-jobs": TaskKind(DAY, recovery.forget_finished),
    }


def duties(work: WorkService, periodic: PeriodicService) -> Duties:
    """Return what the threads of a worker do, on the database of the current application."""
    return Duties(
        do_job=on_this_database(work.run),
        next_job=on_this_database(work.next_due),
        due_tasks=on_this_database(periodic.due),
        do_task=on_this_database(periodic.run),
        hand_back=on_this_database(work.hand_back),
    )


def job_queue(settings: Settings) -> HueyQueue:
    """Return the way to wake workers: through Redis if there is one, else through a file."""
    if settings.redis_url is None:
        return embedded_queue(settings.data_dir / "queue.db")
    return redis_queue(settings.redis_url.get_secret_value())


def stats_service(settings: Settings, cache: Cache, jobs: JobStatistics) -> StatsService:
    """Build what shows how the service does."""
    token = settings.metrics_token
    return StatsService(
        cache=cache,
        jobs=jobs,
        metrics_token=token.get_secret_value() if token is not None else None,
    )


def account_services(settings: Settings) -> list[Any]:
    """Build what knows people, sessions and keys."""
    hashes = SecretHashes(settings.api_key_secret.get_secret_value())
    signing_keys = [settings.jwt_secret_key, settings.jwt_previous_secret_key]
    tokens = AccessTokens(
        [key.get_secret_value() for key in signing_keys if key is not None],
        lifetime_seconds=settings.access_token_seconds,
    )
    passwords = Passwords()
    lifetimes = Lifetimes(
        refresh_token_seconds=settings.refresh_token_seconds,
        refresh_leeway_seconds=settings.refresh_leeway_seconds,
    )
    guard = LoginGuard(counters=rate_counters(settings), limits=login_limits(settings))
    sessions = SessionService(
        passwords=passwords, tokens=tokens, hashes=hashes, lifetimes=lifetimes, guard=guard
    )
    is_open = settings.registration_enabled
    wechat = WechatService(
        gateway=wechat_gateway(settings), sessions=sessions, guard=guard, registration_enabled=is_open
    )
    return [
        AuditService(chain=Chain(ChainKeys(settings.api_key_secret.get_secret_value()))),
        IdentityService(tokens=tokens, hashes=hashes),
        sessions,
        wechat,
        BindingService(wechat=wechat, passwords=passwords, guard=guard),
        KeyService(hashes=hashes, projects=project_queries),
        RevocationService(tokens=tokens),
        UserService(passwords=passwords, guard=guard, registration_enabled=is_open),
        UserAdministrationService(passwords=passwords, ownership=project_queries),
    ]


def login_limits(settings: Settings) -> LoginLimits:
    """Return how often somebody may try."""
    return LoginLimits(
        login=settings.ratelimit_login,
        account=settings.ratelimit_login_account,
        address=settings.ratelimit_login_address,
        register=settings.ratelimit_register,
        wechat=settings.ratelimit_wechat,
        refresh=settings.ratelimit_refresh,
    )


def rate_counters(settings: Settings) -> RateCounters:
    """Return the counts that all workers share: in Redis if there is one, else in the database."""
    if settings.redis_url is None:
        return SqlCounters()
    return FallbackCounters(RedisCounters(settings.redis_url.get_secret_value()))


def wechat_gateway(settings: Settings) -> WechatGateway:
    """Return the way to WeChat, if the settings name a mini-program."""
    if settings.wx_appid is None or settings.wx_secret is None:
        return NoWechat()
    client = HttpClient(settings.wx_api_base)
    return HttpWechatGateway(client, appid=settings.wx_appid, secret=settings.wx_secret.get_secret_value())


def registry_services(
    settings: Settings, blobs: BlobStore, jobs: JobQueue, digests: DigestService
) -> list[Any]:
    """Build what knows projects and bytes, lower domains first."""
    packages = PackageService()
    versions = VersionService(packages=packages)
    tags = TagService(packages=packages)
    content = ContentService(
        blobs=blobs,
        digests=digests,
        max_upload_bytes=settings.max_upload_bytes,
        link_seconds=settings.link_seconds,
    )
    publication = Publication(versions=versions, tags=tags, blobs=blobs)
    return [
        ProjectService(
            only_administrators_create=settings.project_creation == "administrators",
            holds_packages=package_queries.holds_packages,
        ),
        packages,
        versions,
        tags,
        content,
        ReceptionService(packages=packages, content=content, publication=publication),
        ChecksumDepositService(packages=packages, publication=publication, blobs=blobs),
        DepositListService(packages=packages),
        ResolveService(packages=packages),
        BlobService(
            blobs=blobs,
            base_url=settings.base_url,
            link_seconds=settings.link_seconds,
            link_secret=settings.api_key_secret.get_secret_value(),
        ),
        ArtifactService(),
        *release_services(settings, packages, versions, content, jobs),
        SearchService(),
    ]


def release_services(
    settings: Settings,
    packages: PackageService,
    versions: VersionService,
    content: ContentService,
    jobs: JobQueue,
) -> list[Any]:
    """Build what leads releases through their life, and what obtains their bytes."""
    urls = UrlGateway(
        Fetcher(
            FetchLimits(
                hosts=frozenset(settings.url_source_hosts),
                total_seconds=settings.url_source_timeout_seconds,
                silence_seconds=settings.url_source_silence_seconds,
                allow_private=settings.url_source_allow_private,
                ca_file=settings.url_source_ca_file,
            )
        )
    )
    nix = NixGateway(
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
    return [
        ReleaseService(packages=packages, versions=versions, jobs=jobs, urls=urls),
        ObtainService(content=content, versions=versions, gateways={"nix": nix, "url": urls}),
    ]


def maintenance_services(settings: Settings, blobs: BlobStore) -> list[Any]:
    """Build what keeps rows and objects in step."""
    deletions = DeletionService(blobs=blobs)
    return [
        CollectService(
            deletions=deletions,
            grace_seconds=settings.gc_grace_seconds,
            link_seconds=settings.link_seconds,
        ),
        SweepService(blobs=blobs, deletions=deletions),
        FsckService(blobs=blobs),
        RebuildService(blobs=blobs),
    ]


def start_background(app: Flask) -> None:
    """Let this process work in the background from now on. Never called while the application is built."""
    with app.app_context():
        background_of(app).start()


def stop_background(app: Flask, patience_seconds: float) -> None:
    """Let this process take up nothing more, and give back what it cannot finish in time."""
    with app.app_context():
        background_of(app).stop(patience_seconds)


def background_of(app: Flask) -> Background:
    """Return the background work of an application in this process."""
    background: Background = app.extensions["services"][Background]
    return background


def blob_store(settings: Settings) -> BlobStore:
    """Return the adapter that the settings choose."""
    if settings.blob_store == "local":
        return LocalBlobStore(settings.data_dir / "blobs")
    store: BlobStore = s3_store(settings)
    return store


def s3_store(settings: Settings) -> Any:
    """Return the adapter to the S3 server that the settings name; loaded only where it is used."""
    from wxcloudrun.kit.storage.minio import MinioBlobStore, S3Location  # noqa: PLC0415  # its SDK takes 7 MB

    return MinioBlobStore(
        S3Location(
            endpoint=settings.minio_endpoint,
            access_key=settings.minio_access_key or "",
            secret_key=settings.minio_secret_key.get_secret_value() if settings.minio_secret_key else "",
            bucket=settings.minio_bucket,
            secure=settings.minio_secure,
            public_endpoint=settings.minio_public_endpoint,
        ),
        max_object_bytes=settings.max_upload_bytes,
    )
