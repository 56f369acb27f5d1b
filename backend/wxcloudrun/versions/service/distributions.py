"""Files of PyPI's packages: what a request says of one is compared with its name, and both with its inside.

Whatever way a file comes by, it is judged here, so that pages show nothing which installers refuse.
"""

from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy.orm import Session

from wxcloudrun.formats.bounded import ScanLimit, TookTooLong, UnreadablePackage
from wxcloudrun.formats.core_metadata import read_core_metadata
from wxcloudrun.formats.declarations import distribution_metadata
from wxcloudrun.formats.distributions import (
    DistributionFile,
    canonical,
    is_distribution_name,
    normalised,
    parse_file_name,
    parse_version,
)
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.errors import Invalid, WrongValue
from wxcloudrun.kit.package_names import Format, is_of_format
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import absent
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.versions.queries.names import names_of_versions
from wxcloudrun.versions.rules.names import check_version
from wxcloudrun.versions.service.facts import JudgedFile, KeptFacts, distribution_facts
from wxcloudrun.versions.service.versions import NamedVersion

TOLD_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class DistributionClaim:
    """What a request says of a file: of which project it is, and of which version if it says so.

    `field` is what a refusal of the file speaks of.
    """

    file: DistributionFile
    name: str
    version: str | None
    field: str


def claim_of_distribution(
    package: str, filename: str, version: str | None, field: str
) -> DistributionClaim | None:
    """Return what it means that a file comes into a package; None where it need not be a distribution.

    That is so of other packages than PyPI's, and of what pages leave out: other endings, files in folders.
    Raises Invalid for a name of another project or version, or of none.
    """
    if not (is_of_format(package, Format.PYPI) and is_distribution_name(filename)) or "/" in filename:
        return None
    try:
        file = parse_file_name(filename)
    except WrongValue as problem:
        raise Invalid.field(field, problem.message) from problem
    claim = DistributionClaim(file, package.removeprefix(f"{Format.PYPI}:"), version, field)
    refuse_other_project(claim, file.project)
    refuse_other_version(claim, str(file.version))
    return claim


def read_distribution(claim: DistributionClaim, blob: BinaryIO, size_bytes: int) -> JudgedFile:
    """Read what a file says of itself. Raises Invalid if that is nothing, or not what is claimed.

    Raises StoreUnavailable where reading takes too long: then clients try again by themselves.
    Of a large source distribution whose metadata stand behind more than is looked at, the name counts.
    """
    try:
        metadata = distribution_metadata(claim.file.filename, blob, size_bytes)
        core = read_core_metadata(metadata)
    except ScanLimit:
        read = JudgedFile(claim.name, claim.version or str(claim.file.version), KeptFacts())
    except TookTooLong as slow:
        raise StoreUnavailable(text("the file could not be read in time; send it again")) from slow
    except UnreadablePackage as problem:
        sentence = text("it cannot be read as a distribution: {problem}", problem=str(problem))
        raise Invalid.field(claim.field, sentence) from problem
    else:
        facts = distribution_facts(claim.file.filename, core, metadata)
        read = JudgedFile(core.name, core.version, facts)
    refuse_other_project(claim, read.name)
    refuse_other_version(claim, read.version)
    return read


def spelled_as_before(tx: Transaction, found: FoundPackage, named: NamedVersion) -> NamedVersion:
    """Return a version as the package calls it, to give it to bytes in this transaction.

    Whoever else gives versions their names in this package waits. Raises NotFound if it has just gone.
    """
    if package_reads.package(tx.session, found.id) is None:
        raise absent(found.project, found.name)
    return replace(named, version=version_named(tx.session, found, named.version))


def version_named(session: Session, found: FoundPackage, wanted: str) -> str:
    """Return what a version is called in that package: as its first file has said, deleted or not."""
    names = names_of_versions(session, found.id)
    if wanted in names:
        return wanted
    same = canonical(wanted)
    return next((name for name in names if canonical(name) == same), wanted)


def refuse_other_project(claim: DistributionClaim, inside: str) -> None:
    """Raise Invalid unless request, file name and metadata speak of one project.

    What stands in the file is what installers see, so it is right and the others are not.
    """
    if len({claim.file.project, normalised(claim.name), normalised(inside)}) > 1:
        sentence = text(
            "the file is of {inside}, its name says {named} and the request {claimed}",
            inside=cut(inside), named=cut(claim.file.project), claimed=cut(claim.name),
        )  # fmt: skip
        raise Invalid.field("name", sentence)


def refuse_other_version(claim: DistributionClaim, inside: str) -> None:
    """Raise Invalid unless request, file name and metadata speak of one version."""
    try:
        check_version(inside)
        version = parse_version(inside)
        claimed = version if claim.version is None else parse_version(claim.version)
    except WrongValue as problem:
        raise Invalid.field("version", problem.message) from problem
    if not claim.file.version == claimed == version:
        sentence = text(
            "the file is of version {inside}, its name says {named} and the request {claimed}",
            inside=cut(inside), named=cut(str(claim.file.version)), claimed=cut(claim.version or inside),
        )  # fmt: skip
        raise Invalid.field("version", sentence)


def cut(name: str) -> str:
    """Return a name that somebody has sent as a sentence tells it."""
    return name if len(name) <= TOLD_CHARACTERS else f"{name[:TOLD_CHARACTERS]}…"
