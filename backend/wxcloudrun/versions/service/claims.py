"""Files of packages with a protocol: what a request says of one, and what it says of itself, by format."""

from typing import BinaryIO

from wxcloudrun.versions.service.distributions import (
    DistributionClaim,
    claim_of_distribution,
    read_distribution,
)
from wxcloudrun.versions.service.facts import JudgedFile
from wxcloudrun.versions.service.tarballs import TarballClaim, claim_of_tarball, read_tarball

type FileClaim = DistributionClaim | TarballClaim


def claim_of_file(package: str, filename: str, version: str | None, field: str) -> FileClaim | None:
    """Return what it means that a file comes into a package; None where it may be anything.

    Raises Invalid for a name of another package or version, or of none.
    """
    claim = claim_of_distribution(package, filename, version, field)
    return claim or claim_of_tarball(package, filename, version, field)


def judge_file(claim: FileClaim, blob: BinaryIO, size_bytes: int) -> JudgedFile:
    """Read what a file says of itself. Raises Invalid if that is nothing, or not what is claimed.

    Raises StoreUnavailable where reading takes too long: then clients try again by themselves.
    """
    if isinstance(claim, TarballClaim):
        return read_tarball(claim, blob, size_bytes)
    return read_distribution(claim, blob, size_bytes)
