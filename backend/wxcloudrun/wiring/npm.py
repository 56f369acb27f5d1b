"""What speaks npm's protocol, put together."""

from dataclasses import dataclass

from wxcloudrun.npm.service.reading import PackumentService
from wxcloudrun.npm.service.tagging import DistTagService
from wxcloudrun.wiring.registry import NameServices


@dataclass(frozen=True)
class NpmServices:
    """The services of npm's protocol."""

    packuments: PackumentService
    tagging: DistTagService


def build_npm(names: NameServices) -> NpmServices:
    """Build them on names and bytes."""
    return NpmServices(
        packuments=PackumentService(packages=names.packages),
        tagging=DistTagService(packages=names.packages),
    )
