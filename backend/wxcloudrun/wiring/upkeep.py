"""What keeps rows and objects in step."""

from dataclasses import dataclass

from wxcloudrun.artifacts.service.collect import CollectService
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.artifacts.service.fsck import FsckService
from wxcloudrun.artifacts.service.rebuild import RebuildService
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.config import Settings
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.versions.service.recount import FileCounts


@dataclass(frozen=True)
class UpkeepServices:
    """The services that remove, compare and rebuild."""

    deletions: DeletionService
    collect: CollectService
    sweep: SweepService
    fsck: FsckService
    rebuild: RebuildService


def build_upkeep(settings: Settings, blobs: BlobStore) -> UpkeepServices:
    """Build what keeps rows and objects in step."""
    deletions = DeletionService(blobs=blobs)
    return UpkeepServices(
        deletions=deletions,
        collect=CollectService(
            deletions=deletions, grace_seconds=settings.gc_grace_seconds, link_seconds=settings.link_seconds
        ),
        sweep=SweepService(blobs=blobs, deletions=deletions),
        fsck=FsckService(blobs=blobs, files=FileCounts()),
        rebuild=RebuildService(blobs=blobs),
    )
