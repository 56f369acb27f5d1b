"""One valid request for each operation of the faces of foreign clients: where it goes, and with what."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tests.support.client import ApiClient
from tests.support.forms import BOUNDARY, encoded
from tests.support.node_registry import package_of, publication
from tests.support.python_index import PythonDistribution, form_of, sdist_of, wheel_of

type FaceRequest = tuple[str, dict[str, Any]]

WHEEL, SDIST, LIB, NEXT_LIB = wheel_of(), sdist_of(), package_of(), package_of(version="2.0.0")


class FaceScene(Protocol):
    """A project and somebody who owns it."""

    number: int
    owner: ApiClient


def python_form(distribution: PythonDistribution) -> dict[str, Any]:
    """What twine sends."""
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return {"data": encoded(*form_of(distribution)), "headers": {"Content-Type": kind}}


def stocked(scene: FaceScene) -> str:
    """Publish a wheel as the owner, and return where the index is."""
    base = f"/pypi/p{scene.number}"
    scene.owner.post(f"{base}/legacy/", **python_form(WHEEL)).ok()
    return base


def node_revision(scene: FaceScene) -> str:
    """Return the revision of the package."""
    found = scene.owner.get(f"/npm/p{scene.number}/@h7%2flib").ok().data
    return str(found["_rev"])


def node_base(scene: FaceScene, tag: str = "latest") -> str:
    """Put a package of npm's format there as the owner, and return where the registry is."""
    project = f"p{scene.number}"
    scene.owner.post(f"/api/v1/project/{project}/packages", {"name": "npm:@h7~lib"})  # or is there
    url = f"/api/v1/project/{project}/npm:@h7~lib/upload/{LIB.filename}"
    scene.owner.put(url, LIB.data, query={"version": LIB.version, "tag": tag}).ok()
    return f"/npm/{project}"


FACE_REQUESTS: Mapping[str, Callable[[FaceScene], FaceRequest]] = {
    "simple_index": lambda s: (f"{stocked(s)}/simple/", {}),
    "simple_project": lambda s: (f"{stocked(s)}/simple/hello-h7/", {}),
    "simple_project_for_hatch": lambda s: (f"{stocked(s)}/legacy/+simple/hello-h7/", {}),
    "simple_file": lambda s: (f"{stocked(s)}/files/{WHEEL.digest}/{WHEEL.filename}", {}),
    "simple_provenance": lambda s: (
        f"{stocked(s)}/integrity/hello-h7/1.0/{WHEEL.filename}/provenance", {},
    ),
    "publish_distribution": lambda s: (f"{stocked(s)}/legacy/", python_form(SDIST)),
    "publish_distribution_here": lambda s: (f"{stocked(s)}/legacy", python_form(SDIST)),
    "simple_root": lambda s: (f"/pypi/p{s.number}/", {}),
    "simple_root_here": lambda s: (f"/pypi/p{s.number}", {}),
    "simple_index_here": lambda s: (f"/pypi/p{s.number}/simple", {}),
    "simple_project_here": lambda s: (f"/pypi/p{s.number}/simple/hello-h7", {}),
    "npm_publish": lambda s: (f"{node_base(s)}/@h7%2flib", {"json": publication(NEXT_LIB, "next")}),
    "npm_put_dist_tag": lambda s: (
        f"{node_base(s)}/-/package/@h7%2flib/dist-tags/next", {"json": LIB.version},
    ),
    "npm_delete_dist_tag": lambda s: (f"{node_base(s, 'next')}/-/package/@h7%2flib/dist-tags/next", {}),
    "npm_replace": lambda s: (
        f"{node_base(s)}/@h7%2flib/-rev/{node_revision(s)}", {"json": {"name": LIB.name, "versions": {}}},
    ),
    "npm_delete": lambda s: (f"{node_base(s)}/@h7%2flib/-rev/{node_revision(s)}", {}),
    "npm_delete_tarball": lambda s: (
        f"{node_base(s)}/@h7%2flib/-/{LIB.filename}/-rev/{node_revision(s)}", {},
    ),
    "npm_package": lambda s: (f"{node_base(s)}/@h7%2flib", {}),
    "npm_version": lambda s: (f"{node_base(s)}/@h7%2flib/latest", {}),
    "npm_tarball": lambda s: (f"{node_base(s)}/@h7/lib/-/{LIB.filename}", {}),
    "npm_search": lambda s: (f"{node_base(s)}/-/v1/search", {"query": {"text": "lib"}}),
    "npm_audit_versions": lambda s: (
        f"{node_base(s)}/-/npm/v1/security/advisories/bulk", {"json": {"ms": ["2.0.0"]}},
    ),
    "npm_audit_quickly": lambda s: (f"{node_base(s)}/-/npm/v1/security/audits/quick", {"json": {}}),
    "npm_audit_tree": lambda s: (f"{node_base(s)}/-/npm/v1/security/audits", {"json": {}}),
    "npm_dist_tags": lambda s: (f"{node_base(s)}/-/package/@h7%2flib/dist-tags", {}),
}  # fmt: skip
