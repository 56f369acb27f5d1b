"""Source distributions (PEP 625), npm packages and Helm charts: gzipped tars with one top folder."""

from collections.abc import Callable, Mapping

from wxcloudrun.formats.bounded import NPM_TAR_BYTES, BoundedReader, Deadline, ScanLimit
from wxcloudrun.formats.compression import gunzipped
from wxcloudrun.formats.metadata_texts import header_fields, npm_version, yaml_version
from wxcloudrun.formats.placeholders import stated, stated_in_sources
from wxcloudrun.formats.tar_entries import TarEntries

NPM_FOLDER = b"package"
_PKG_INFO, _PACKAGE_JSON, _CHART = b"PKG-INFO", b"package.json", b"Chart.yaml"

type Parser = Callable[[bytes, Deadline], str | None]


def _pkg_info(text: bytes, _deadline: Deadline) -> str | None:
    return header_fields(text, "version").get("version")


def _package_json(text: bytes, _deadline: Deadline) -> str | None:
    return npm_version(text)


def tar_gz_version(reader: BoundedReader) -> str | None:
    """Read `<folder>/PKG-INFO`, else `<folder>/package.json`, of a .tar.gz."""
    return _version(reader, {_PKG_INFO: _pkg_info, _PACKAGE_JSON: _package_json})


def tgz_version(reader: BoundedReader) -> str | None:
    """Read `<folder>/Chart.yaml`, else `<folder>/package.json`, of a .tgz."""
    return _version(reader, {_CHART: yaml_version, _PACKAGE_JSON: _package_json})


def _version(reader: BoundedReader, parsers: Mapping[bytes, Parser]) -> str | None:
    """Read the first kind of metadata in `parsers`; the second kind counts only if no first one shows up."""
    stream = gunzipped(reader, reader.deadline)
    preferred = next(iter(parsers))
    folder: bytes | None = None
    fallback: str | None = None
    entries = TarEntries(stream)
    try:
        for entry in entries:
            top, slash, name = entry.path.partition(b"/")
            if folder is None and slash:
                folder = top
                if folder == NPM_FOLDER:
                    stream.allow(NPM_TAR_BYTES)
            if top != folder or name not in parsers or not entry.is_file:
                continue
            version = parsers[name](entries.content(), reader.deadline)
            if name == preferred or folder == NPM_FOLDER:
                return stated(version) or fallback
            fallback = fallback or stated_in_sources(version)
    except ScanLimit:
        # A large source archive: what its beginning says stands.
        return fallback
    return fallback


def top_file(reader: BoundedReader, name: bytes, limit_bytes: int) -> bytes | None:
    """Return `<folder>/<name>` of a gzipped tar; None if it is not there. Raises past `limit_bytes`."""
    stream = gunzipped(reader, reader.deadline)
    stream.allow(limit_bytes)
    folder: bytes | None = None
    entries = TarEntries(stream)
    for entry in entries:
        top, slash, rest = entry.path.partition(b"/")
        folder = top if folder is None and slash else folder
        if top == folder and rest == name and entry.is_file:
            return entries.content()
    return None
