"""What speaks PyPI's protocols, put together."""

from dataclasses import dataclass

from wxcloudrun.pypi.service.listing import PypiListingService
from wxcloudrun.pypi.service.publishing import PublishService
from wxcloudrun.wiring.registry import ByteServices, NameServices


@dataclass(frozen=True)
class PypiServices:
    """The services of PyPI's protocols."""

    listing: PypiListingService
    publishing: PublishService


def build_pypi(names: NameServices, taken: ByteServices) -> PypiServices:
    """Build them on names and bytes."""
    return PypiServices(
        listing=PypiListingService(packages=names.packages),
        publishing=PublishService(
            packages=names.packages,
            versions=names.versions,
            intake=taken.intake,
            acceptance=taken.acceptance,
        ),
    )
