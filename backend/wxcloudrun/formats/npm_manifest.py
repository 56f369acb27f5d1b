"""What a package.json says, and the documents of a version that npm's clients read, made from it once.

The documents are kept as text, so that whoever shows hundreds of them joins text and parses nothing. Both end
in their `dist`, whose address and what stands behind it are added when they are shown.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wxcloudrun.formats.bounded import METADATA_BYTES, UnreadablePackage, unreadable
from wxcloudrun.formats.metadata_texts import cleaned_npm_version, refuse_constant

# What npm sends of a version to whoever only installs it; npm's own list in its documents is shorter.
INSTALLED = (
    "name", "version", "dependencies", "optionalDependencies", "devDependencies", "bundleDependencies",
    "peerDependencies", "peerDependenciesMeta", "acceptDependencies", "bin", "directories", "engines", "os",
    "cpu", "libc", "funding", "_hasShrinkwrap", "hasInstallScript",
)  # fmt: skip
OBJECTS = frozenset({
    "dependencies", "optionalDependencies", "devDependencies", "peerDependencies", "peerDependenciesMeta",
    "acceptDependencies", "bin", "directories", "engines", "scripts",
})  # fmt: skip
LISTS = frozenset({"bundleDependencies", "os", "cpu", "libc"})
OURS = frozenset({"name", "version", "dist", "deprecated", "readme", "hasInstallScript"})
# What a publisher may add to what stands in the tarball: it changes nothing of what is installed.
SAID = ("gitHead", "_hasShrinkwrap", "_nodeVersion", "_npmVersion")
INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
MOST_SAID_CHARACTERS = 200
END = b"}}"  # of `dist`, and of the document


@dataclass(frozen=True, slots=True)
class NpmManifest:
    """A package.json: its name, its version as npm cleans it, and all fields that a document may have."""

    name: str
    version: str
    fields: Mapping[str, Any]

    @property
    def description(self) -> str | None:
        """What it is, in a sentence."""
        return text_of(self.fields.get("description"))

    @property
    def node(self) -> str | None:
        """Which Node it wants."""
        return text_of(self.fields.get("engines", {}).get("node"))

    @property
    def has_install_script(self) -> bool:
        """Whether it runs something when it is installed."""
        return any(name in self.fields.get("scripts", {}) for name in INSTALL_SCRIPTS)


@dataclass(frozen=True, slots=True)
class TarballDigests:
    """What clients compare a tarball with."""

    sha512: bytes
    sha1: str  # in hex

    @property
    def integrity(self) -> str:
        """The first as lock files hold it (W3C Subresource Integrity)."""
        return f"sha512-{base64.b64encode(self.sha512).decode()}"


@dataclass(frozen=True, slots=True)
class VersionDocuments:
    """The documents of a version, without the address of its tarball."""

    full: bytes
    abbreviated: bytes


def read_npm_manifest(text: bytes) -> NpmManifest:
    """Read a package.json. Raises UnreadablePackage if it is none, or says no name and no version."""
    with unreadable(ValueError, RecursionError):
        document = json.loads(text, parse_constant=refuse_constant)
    if not isinstance(document, dict):
        raise UnreadablePackage("package.json is no object")
    name, version = document.get("name"), document.get("version")
    if not (isinstance(name, str) and name and isinstance(version, str) and version):
        raise UnreadablePackage("it does not say its name and version")
    fields = {key: value for key, value in document.items() if key not in OURS and key[:1] != "_"}
    return NpmManifest(name, cleaned_npm_version(version).partition("+")[0], normal(name, fields))


def normal(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in the one form that clients rely on; what has another shape is left out."""
    found = dict(fields)
    if "bundledDependencies" in found:
        found.setdefault("bundleDependencies", found.pop("bundledDependencies"))
    if found.get("bundleDependencies") is True:
        found["bundleDependencies"] = list(object_of(found.get("dependencies")))
    if isinstance(found.get("bin"), str):
        found["bin"] = {name.rpartition("/")[2]: found["bin"]}
    found |= {key: [found[key]] for key in LISTS if isinstance(found.get(key), str)}
    return {key: value for key, value in found.items() if has_its_shape(key, value)}


def has_its_shape(key: str, value: Any) -> bool:
    """Tell whether a field is what clients take it for."""
    return isinstance(value, dict if key in OBJECTS else list if key in LISTS else object)


def version_documents(
    manifest: NpmManifest, digests: TarballDigests, said: Mapping[str, Any] | None = None
) -> VersionDocuments:
    """Make the documents of a version; `said` is what its publisher says beside its tarball.

    Raises UnreadablePackage for what cannot be written as JSON, or only as too much of it.
    """
    said = said or {}
    has_script = manifest.has_install_script or says_install_script(said)
    added = {key: said[key] for key in SAID if is_short(said.get(key))}
    full = {
        **{key: value for key, value in manifest.fields.items() if key not in SAID},
        **added,
        "name": manifest.name,
        "version": manifest.version,
        "_id": f"{manifest.name}@{manifest.version}",
    }
    short = {key: full[key] for key in INSTALLED if key in full}
    if has_script:
        short["hasInstallScript"] = True
    dist = {"dist": {"integrity": digests.integrity, "shasum": digests.sha1}}
    return VersionDocuments(encoded_document({**full, **dist}), encoded_document({**short, **dist}))


def says_install_script(said: Mapping[str, Any]) -> bool:
    """Tell whether a publisher says that something is run: npm does where only a binding.gyp does."""
    return said.get("gypfile") is True or any(
        name in object_of(said.get("scripts")) for name in INSTALL_SCRIPTS
    )


def encoded_document(document: Mapping[str, Any]) -> bytes:
    """Write a document in ASCII and without blanks. Raises UnreadablePackage."""
    with unreadable(ValueError, RecursionError):
        encoded = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    if len(encoded) > METADATA_BYTES:
        raise UnreadablePackage("the metadata is too large")
    return encoded


def shown_document(kept: bytes, tarball: str, deprecated: str | None) -> bytes:
    """Return a document that was kept, with where its tarball is and what is said against the version."""
    address = b',"tarball":' + json.dumps(tarball).encode() + b"}"
    warning = b"" if deprecated is None else b',"deprecated":' + json.dumps(deprecated).encode()
    return b"".join((kept.removesuffix(END), address, warning, b"}"))


def is_short(value: Any) -> bool:
    """Tell whether a publisher says so little that it may stand in a document."""
    return isinstance(value, bool) or (isinstance(value, str) and len(value) <= MOST_SAID_CHARACTERS)


def object_of(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: Any) -> str | None:
    """Return a text as one line, None if it is none or cannot be written."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return line if line and line.isprintable() else None
