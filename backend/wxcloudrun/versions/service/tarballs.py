"""Tarballs of npm's packages: what a request says of one is compared with the package.json in it.

Whatever way a tarball comes by, it is judged here, so that documents show nothing which is not installed.
"""

from dataclasses import dataclass
from typing import BinaryIO

from wxcloudrun.formats.bounded import TookTooLong, UnreadablePackage
from wxcloudrun.formats.declarations import npm_manifest
from wxcloudrun.formats.npm_manifest import NpmManifest
from wxcloudrun.formats.npm_tarballs import TARBALL, check_npm_version, tarball_name, version_of_tarball
from wxcloudrun.kit.errors import Invalid, WrongValue
from wxcloudrun.kit.package_names import Format, PackageName, is_of_format
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.versions.rules.names import check_version
from wxcloudrun.versions.service.facts import JudgedFile, digests_of, npm_facts


@dataclass(frozen=True, slots=True)
class TarballClaim:
    """What a request says of a tarball: of which package it is, and of which version.

    `field` is what a refusal of the file speaks of.
    """

    name: str
    version: str
    field: str


def claim_of_tarball(package: str, filename: str, version: str | None, field: str) -> TarballClaim | None:
    """Return what it means that a file comes into a package; None where it need not be a tarball of npm's.

    That is so of other packages than npm's, and of what its documents leave out: other endings, files in
    folders. Raises Invalid for a name of another package or version, or of none.
    """
    if not (is_of_format(package, Format.NPM) and filename.endswith(TARBALL)) or "/" in filename:
        return None
    name = PackageName.parse(package).name
    named = version_of_tarball(name, filename)
    if named is None:
        sentence = text("a tarball of this package is called {name}", name=tarball_name(name, "VERSION"))
        raise Invalid.field(field, sentence)
    if version is not None and version != named:
        sentence = text(
            "the file is of version {named}, the request says {claimed}", named=named, claimed=version
        )
        raise Invalid.field("version", sentence)
    try:
        check_version(check_npm_version(named))
    except WrongValue as problem:
        raise Invalid.field("version", problem.message) from problem
    return TarballClaim(name, named, field)


def read_tarball(claim: TarballClaim, blob: BinaryIO, size_bytes: int) -> JudgedFile:
    """Read what a tarball says of itself, and hash the whole of it.

    Raises Invalid if it says nothing, or not what is claimed, StoreUnavailable as `manifest_in` does.
    """
    manifest = manifest_in(claim, blob, size_bytes)
    try:
        return JudgedFile(manifest.name, manifest.version, npm_facts(manifest, digests_of(blob)))
    except UnreadablePackage as problem:
        raise unreadable_tarball(claim.field, problem) from problem


def manifest_in(claim: TarballClaim, blob: BinaryIO, size_bytes: int) -> NpmManifest:
    """Read the package.json of a tarball. Raises Invalid if there is none, or it is not what is claimed.

    Raises StoreUnavailable where reading takes too long: then clients try again by themselves.
    """
    try:
        manifest = npm_manifest(blob, size_bytes)
    except TookTooLong as slow:
        raise StoreUnavailable(text("the file could not be read in time; send it again")) from slow
    except UnreadablePackage as problem:
        raise unreadable_tarball(claim.field, problem) from problem
    refuse_other_manifest(claim, manifest)
    return manifest


def refuse_other_manifest(claim: TarballClaim, manifest: NpmManifest) -> None:
    """Raise Invalid unless the tarball says of itself what was claimed: installers believe the tarball."""
    if manifest.name != claim.name:
        sentence = text(
            "the tarball is of {inside}, not of {claimed}", inside=manifest.name, claimed=claim.name
        )
        raise Invalid.field("name", sentence)
    if manifest.version != claim.version:
        sentence = text(
            "the tarball is of version {inside}, not of {claimed}",
            inside=manifest.version, claimed=claim.version,
        )  # fmt: skip
        raise Invalid.field("version", sentence)


def unreadable_tarball(field: str, problem: UnreadablePackage) -> Invalid:
    """Refuse a tarball that does not say what it is."""
    return Invalid.field(field, text("it cannot be read as a package: {problem}", problem=str(problem)))
