"""The document of a package, which is joined of those that were made when its versions came."""

from datetime import datetime

from wxcloudrun.formats.npm_manifest import shown_document
from wxcloudrun.formats.npm_tarballs import tarball_name
from wxcloudrun.npm.schemas import encoded
from wxcloudrun.npm.service.reading import OneVersion, PackageState, ShownPackage


def full(found: ShownPackage, state: PackageState, base: str) -> bytes:
    """Return all that there is; `base` is where tarballs are."""
    head = {"_id": found.name, "_rev": found.revision, "name": found.name, "dist-tags": state.tags}
    readme = b',"readme":' + encoded(state.readme.decode("utf-8", "replace"))
    return b"".join((encoded(head)[:-1], versions(found, state, base), times(state), readme, b"}"))


def abbreviated(found: ShownPackage, state: PackageState, base: str) -> bytes:
    """Return what somebody needs who installs; `time` too, by which pnpm judges how old a version is."""
    head = {"name": found.name, "dist-tags": state.tags, "modified": moment(state.modified_at)}
    return b"".join((encoded(head)[:-1], versions(found, state, base), times(state), b"}"))


def versions(found: ShownPackage, state: PackageState, base: str) -> bytes:
    """Return the documents of the versions, the oldest first."""
    shown = (
        encoded(each.version)
        + b":"
        + shown_document(
            each.document, f"{base}{tarball_name(found.name, each.version)}", each.spoken.warning
        )
        for each in state.versions
    )
    return b',"versions":{' + b",".join(shown) + b"}"


def times(state: PackageState) -> bytes:
    """Return when the package was made and changed, and when each version came."""
    said = {"created": moment(state.created_at), "modified": moment(state.modified_at)}
    said |= {each.version: moment(each.published_at) for each in state.versions}
    return b',"time":' + encoded(said)


def one_version(found: OneVersion, base: str) -> bytes:
    """Return the document of one version."""
    tarball = f"{base}{tarball_name(found.name, found.version)}"
    return shown_document(found.document, tarball, found.warning)


def moment(time: datetime) -> str:
    """Return a moment as JavaScript writes it."""
    return f"{time.isoformat(timespec='milliseconds')[:23]}Z"
