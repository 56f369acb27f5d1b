"""What npm sends to a package: a document with a tarball in it, or one that says something of versions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wxcloudrun.formats.npm_manifest import INSTALL_SCRIPTS
from wxcloudrun.formats.npm_tarballs import TARBALL, check_npm_version, tarball_name
from wxcloudrun.kit.errors import Invalid, Malformed, WrongValue
from wxcloudrun.kit.names import check_said, check_tag_name
from wxcloudrun.kit.package_names import Format, PackageName
from wxcloudrun.kit.texts import text
from wxcloudrun.npm.rules import LATEST
from wxcloudrun.npm.service.changing import NpmUpdate
from wxcloudrun.npm.service.claims import NpmClaim
from wxcloudrun.uploads.rules import check_file_name
from wxcloudrun.versions.rules.names import check_version
from wxcloudrun.versions.rules.standing import DEPRECATED_CHARACTERS
from wxcloudrun.web.json_bodies import DocumentShape, Path, ScannedDocument

MOST_DOCUMENT_BYTES = 1024 * 1024  # of what is read
MOST_PASSED_BYTES = 64 * 1024 * 1024  # of what is not: a package with thousands of versions is sent whole
MOST_README_BYTES = 64 * 1024  # as npm itself keeps
ATTACHMENTS, VERSIONS, TAGS = "_attachments", "versions", "dist-tags"
KEPT = frozenset({"_id", "_rev", "name", TAGS, VERSIONS, ATTACHMENTS})
KEPT_OF_VERSION = frozenset({
    "name", "version", "deprecated", "dist", "readme", "scripts", "gypfile", "gitHead", "_hasShrinkwrap",
    "_nodeVersion", "_npmVersion",
})  # fmt: skip
KEPT_OF_PARTS = {"dist": frozenset({"integrity", "shasum"}), "scripts": frozenset(INSTALL_SCRIPTS)}
SHASUM = re.compile(r"[0-9A-Fa-f]{40}")
RANGE = re.compile(r"[vV=]?[0-9]+(?:\.(?:[0-9]+|[xX*]))*(?:[-+].*)?|[xX]")  # what npm would take for one


def is_kept(path: Path) -> bool:
    """Tell what of a document is read; the rest stands in the tarball, which is right."""
    if len(path) == 1:
        return path[0] in KEPT
    if path[0] == VERSIONS and len(path) == 3:
        return path[2] in KEPT_OF_VERSION
    if path[0] == VERSIONS and len(path) == 4 and path[2] in KEPT_OF_PARTS:
        return path[3] in KEPT_OF_PARTS[path[2]]
    if path[0] == ATTACHMENTS and len(path) == 3:
        return path[2] == "length" or is_tarball(path)
    return True


def is_tarball(path: Path) -> bool:
    """Tell whether the bytes of a tarball stand there."""
    if len(path) != 3 or path[0] != ATTACHMENTS or path[2] != "data":
        return False
    return path[1] is not None and path[1].endswith(TARBALL)


SHAPE = DocumentShape(is_kept, is_tarball, MOST_DOCUMENT_BYTES, MOST_PASSED_BYTES)


class PublicationBody:
    """The body of a request that publishes, or changes what is said, as it arrives.

    `tarball()` yields the bytes of the tarball, if there is one; then `document` is there.
    """

    def __init__(self, body: Iterator[bytes]) -> None:
        self._scanned = ScannedDocument(body, SHAPE)
        self.has_tarball = False

    @property
    def document(self) -> Mapping[str, Any]:
        """What is read of the document."""
        found: Mapping[str, Any] = self._scanned.document
        return found

    def tarball(self) -> Iterator[bytes]:
        """Yield the bytes of the tarball, after an empty block. Raises Malformed, Interrupted, TooLarge."""
        for piece in self._scanned.blocks():
            if not piece.data:
                if self.has_tarball:
                    raise Invalid.field(ATTACHMENTS, text("publish one tarball at a time"))
                self.has_tarball = True
            yield piece.data


def read_publication(document: Mapping[str, Any], name: str) -> NpmClaim:
    """Read what a document with a tarball says. Raises Invalid, Malformed."""
    refuse_other_name(document, name)
    version, said = only_entry(document, VERSIONS)
    check_claimed_version(name, version, said)
    filename, attachment = only_entry(document, ATTACHMENTS)
    if filename not in (f"{name}-{version}{TARBALL}", tarball_name(name, version)):
        raise Invalid.field(
            ATTACHMENTS, text("the tarball is called {name}-{version}.tgz", name=name, version=version)
        )
    dist, length = object_in(said, "dist"), attachment.get("length")
    shasum, readme = dist.get("shasum"), said.get("readme")
    if shasum is not None and not (isinstance(shasum, str) and SHASUM.fullmatch(shasum)):
        raise Invalid.field("dist.shasum", text("this is no SHA-1 in hexadecimal digits"))
    return NpmClaim(
        name=name,
        version=version,
        tags=claimed_tags(document, version),
        length=length if isinstance(length, int) else None,
        integrity=text_or_none(dist, "integrity"),
        shasum=shasum,
        said=said,
        readme=shortened_readme(readme) if isinstance(readme, str) else b"",
    )


def read_update(document: Mapping[str, Any], name: str) -> NpmUpdate:
    """Read what a document without a tarball says. Raises Invalid, Malformed."""
    refuse_other_name(document, name)
    said = {version: deprecation_of(each) for version, each in object_in(document, VERSIONS).items()}
    latest = text_or_none(object_in(document, TAGS), LATEST)
    return NpmUpdate(text_or_none(document, "_rev"), said, latest)


def deprecation_of(version: Any) -> str | None:
    """Return what a document says against a version, None for an empty text. Raises Malformed, Invalid."""
    if not isinstance(version, dict):
        raise Malformed(text("{field} is no object", field=VERSIONS))
    said = text_or_none(version, "deprecated") if version.get("deprecated") is not False else None
    if len(said or "") > DEPRECATED_CHARACTERS:
        sentence = text("longer than {limit} characters", limit=DEPRECATED_CHARACTERS)
        raise Invalid.field("deprecated", sentence)
    return said or None


def refuse_other_name(document: Mapping[str, Any], name: str) -> None:
    """Raise Invalid unless a document is of the package that it is sent to, and that can be called so."""
    try:
        PackageName.native(Format.NPM, name)
    except WrongValue as problem:
        raise Invalid.field("name", problem.message) from problem
    if document.get("name") != name or document.get("_id", name) != name:
        raise Invalid.field("name", text("the document is not of {name}", name=name))


def check_claimed_version(name: str, version: str, said: Mapping[str, Any]) -> None:
    """Raise Invalid unless a version is one that npm would write so, and its document is its own."""
    try:
        check_version(check_npm_version(version))
        check_file_name(tarball_name(name, version))
    except WrongValue as problem:
        raise Invalid.field("version", problem.message) from problem
    if said.get("name", name) != name or said.get("version", version) != version:
        raise Invalid.field(VERSIONS, text("the document of the version is of another one"))


def claimed_tags(document: Mapping[str, Any], version: str) -> frozenset[str]:
    """Return which tags shall point at the version. Raises Invalid."""
    tags = object_in(document, TAGS)
    for tag, target in tags.items():
        check_dist_tag(tag)
        if target != version:
            raise Invalid.field(TAGS, text("tags of a publication point at what it publishes"))
    return frozenset(tags)


def check_dist_tag(tag: str) -> str:
    """Return a tag. Raises Invalid for one that cannot be, or that npm would take for a range."""
    try:
        if RANGE.fullmatch(tag):
            raise WrongValue(text("npm would take this for a version or a range"))
        return check_said(check_tag_name(tag))
    except WrongValue as problem:
        raise Invalid.field(TAGS, problem.message) from problem


def only_entry(document: Mapping[str, Any], key: str) -> tuple[str, Mapping[str, Any]]:
    """Return the one entry of an object in a document, which is an object too. Raises Invalid."""
    entries = object_in(document, key)
    if len(entries) != 1:
        raise Invalid.field(
            key, text("a publication has one version and one tarball; attestations are not taken")
        )
    ((name, value),) = entries.items()
    if not isinstance(value, dict):
        raise Malformed(text("{field} is no object", field=key))
    return name, value


def object_in(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object in a document, empty if it is not there. Raises Malformed."""
    found = document.get(key)
    if found is not None and not isinstance(found, dict):
        raise Malformed(text("{field} is no object", field=key))
    return found or {}


def text_or_none(document: Mapping[str, Any], key: str) -> str | None:
    """Return a text in a document. Raises Malformed for something else."""
    found = document.get(key)
    if found is not None and not isinstance(found, str):
        raise Malformed(text("{field} is no text", field=key))
    return found


def shortened_readme(readme: str) -> bytes:
    """Return as much of a README as is kept, cut between two characters."""
    return readme.encode("utf-8", "replace")[:MOST_README_BYTES].decode("utf-8", "ignore").encode()
