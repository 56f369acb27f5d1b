"""What keeps state outside of a process: the adapters that the settings choose."""

from dataclasses import dataclass
from typing import Any

from wxcloudrun.config import Settings
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.metered import MeteredBlobStore
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.cache.memory import MemoryCache
from wxcloudrun.stores.cache.port import Cache
from wxcloudrun.stores.cache.redis import RedisCache
from wxcloudrun.stores.limits.fallback import FallbackCounters
from wxcloudrun.stores.limits.port import RateCounters
from wxcloudrun.stores.limits.redis import RedisCounters
from wxcloudrun.stores.limits.sql import SqlCounters
from wxcloudrun.stores.queue.in_process import ProcessWakeUps
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.stores.queue.redis import RedisWakeUps


@dataclass(frozen=True)
class Stores:
    """What the service keeps state in, beside the database."""

    blobs: BlobStore
    cache: Cache
    wake_ups: WakeUps


def build_stores(settings: Settings) -> Stores:
    """Build the adapters, with the blob store measured."""
    blobs = MeteredBlobStore(blob_store(settings))
    return Stores(blobs=blobs, cache=build_cache(settings), wake_ups=build_wake_ups(settings))


def build_cache(settings: Settings) -> Cache:
    """Return the cache: in Redis for all processes if there is one, else in this process."""
    if settings.redis_url is None:
        return MemoryCache(max_entries=settings.cache_max_size, ttl_seconds=settings.cache_ttl_seconds)
    return RedisCache(
        settings.redis_url.get_secret_value(),
        max_entries=settings.cache_max_size,
        ttl_seconds=settings.cache_ttl_seconds,
    )


def rate_counters(settings: Settings) -> RateCounters:
    """Return the counts that all workers share: in Redis if there is one, else in the database."""
    if settings.redis_url is None:
        return SqlCounters()
    return FallbackCounters(RedisCounters(settings.redis_url.get_secret_value()))


def build_wake_ups(settings: Settings) -> WakeUps:
    """Return the way to wake workers: through Redis if there is one, else those of this process."""
    if settings.redis_url is None:
        return ProcessWakeUps()
    return RedisWakeUps(settings.redis_url.get_secret_value())


def blob_store(settings: Settings) -> BlobStore:
    """Return the adapter that the settings choose."""
    if settings.blob_store == "local":
        return LocalBlobStore(settings.data_dir / "blobs", reserve_bytes=settings.disk_reserve_bytes)
    store: BlobStore = s3_store(settings)
    return store


def s3_store(settings: Settings) -> Any:
    """Return the adapter to the S3 server that the settings name; loaded only where it is used."""
    from wxcloudrun.stores.blobs.minio import MinioBlobStore, S3Location  # noqa: PLC0415  # its SDK takes 7 MB

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
        spool_folder=settings.data_dir,
    )
