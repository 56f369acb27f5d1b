"""What speaks npm's protocol, put together."""

from dataclasses import dataclass

from wxcloudrun.npm.service.changing import NpmChangeService
from wxcloudrun.npm.service.publishing import NpmPublishService
from wxcloudrun.npm.service.reading import PackumentService
from wxcloudrun.npm.service.tagging import DistTagService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.wiring.registry import ByteServices, NameServices


@dataclass(frozen=True)
class NpmServices:
    """The services of npm's protocol."""

    packuments: PackumentService
    publishing: NpmPublishService
    changing: NpmChangeService
    tagging: DistTagService


def build_npm(names: NameServices, taken: ByteServices, blobs: BlobStore) -> NpmServices:
    """Build them on names and bytes."""
    return NpmServices(
        packuments=PackumentService(packages=names.packages),
        publishing=NpmPublishService(
            packages=names.packages,
            versions=names.versions,
            tags=names.tags,
            intake=taken.intake,
            acceptance=taken.acceptance,
            blobs=blobs,
        ),
        changing=NpmChangeService(packages=names.packages, versions=names.versions, tags=names.tags),
        tagging=DistTagService(packages=names.packages, tags=names.tags),
    )
