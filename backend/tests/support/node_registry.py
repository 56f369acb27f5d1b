"""A registry of npm's packages as its clients see it, and tarballs that are made in memory."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.unit.formats.samples import tar_gz

ABBREVIATED = "application/vnd.npm.install-v1+json"


@dataclass(frozen=True, slots=True)
class NodePackage:
    """A tarball that says it is a version of a package."""

    name: str
    version: str
    data: bytes
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def filename(self) -> str:
        """What the tarball is called in addresses."""
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def integrity(self) -> str:
        """What lock files hold of it."""
        return f"sha512-{base64.b64encode(hashlib.sha512(self.data).digest()).decode()}"

    @property
    def shasum(self) -> str:
        """Its SHA-1."""
        return hashlib.sha1(self.data, usedforsecurity=False).hexdigest()


def package_of(
    name: str = "@h7/lib", version: str = "1.0.0", content: bytes = b"", **more: Any
) -> NodePackage:
    """Return a package that can be installed; `more` stands in its package.json."""
    manifest = {"name": name, "version": version, "description": "A library", **more}
    files = {"package/package.json": json.dumps(manifest).encode(), "package/index.js": content}
    return NodePackage(name, version, tar_gz(files), manifest)


def publication(package: NodePackage, tag: str = "latest", **more: Any) -> dict[str, Any]:
    """Return the document that npm sends; `more` goes into that of the version."""
    name, version = package.name, package.version
    said = {
        **package.manifest,
        "_id": f"{name}@{version}",
        "readme": "# A README",
        "dist": {
            "integrity": package.integrity,
            "shasum": package.shasum,
            "tarball": f"http://localhost/{name}/-/{name}-{version}.tgz",
        },
        **more,
    }
    attachment = {
        "content_type": "application/octet-stream",
        "data": base64.b64encode(package.data).decode(),
        "length": len(package.data),
    }
    return {
        "_id": name,
        "name": name,
        "description": "A library",
        "dist-tags": {tag: version},
        "versions": {version: said},
        "access": None,
        "_attachments": {f"{name}-{version}.tgz": attachment},
    }


def escaped(name: str) -> str:
    """Write a name as npm does in addresses."""
    return name.replace("/", "%2f")


@dataclass(frozen=True, slots=True)
class NodeRegistry:
    """The registry of a workshop's project."""

    shop: Workshop

    @property
    def base(self) -> str:
        """Where it is."""
        return f"/npm/{self.shop.project}"

    def url(self, name: str = "@h7/lib", rest: str = "") -> str:
        """Return an address of a package."""
        return f"{self.base}/{escaped(name)}{rest}"

    def publish(self, package: NodePackage, tag: str = "latest", **more: Any) -> Answer:
        """Publish a package as the writer."""
        return self.send(publication(package, tag, **more), package.name)

    def send(
        self,
        document: Mapping[str, Any],
        name: str = "@h7/lib",
        rest: str = "",
        *,
        by: ApiClient | None = None,
    ) -> Answer:
        """Send a document."""
        return (by or self.shop.writer).put(self.url(name, rest), json=document)

    def get(self, rest: str, client: ApiClient | None = None, **headers: str) -> Answer:
        """Ask as the reader; `If_None_Match` is If-None-Match."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return (client or self.shop.reader).get(f"{self.base}{rest}", headers=said)

    def packument(self, name: str = "@h7/lib", accept: str = "application/json") -> dict[str, Any]:
        """Return the document of a package."""
        return self.get(f"/{escaped(name)}", Accept=accept).ok().data

    def version(self, version: str = "1.0.0", name: str = "@h7/lib") -> dict[str, Any]:
        """Return the document of a version."""
        found: dict[str, Any] = self.packument(name)["versions"][version]
        return found
