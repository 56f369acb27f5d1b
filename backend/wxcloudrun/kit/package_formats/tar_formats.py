"""Source distributions (PEP 625), npm packages and Helm charts: gzipped tars with one top folder."""

from collections.abc import Callable, Mapping

from wxcloudrun.kit.package_formats.bounded import BoundedReader, Deadline, ScanLimit
from wxcloudrun.kit.package_formats.compression import gunzipped
from wxcloudrun.kit.package_formats.metadata_texts import header_fields, json_version, yaml_version
from wxcloudrun.kit.package_formats.tar_entries import TarEntries

NPM_FOLDER = b"package"
_PKG_INFO, _PACKAGE_JSON, _CHART = b"PKG-INFO", b"package.json", b"Chart.yaml"

type Parser = Callable[[bytes, Deadline], str | None]


def _pkg_info(text: bytes, _deadline: Deadline) -> str | None:
    return header_fields(text, "version").get("version")


def _package_json(text: bytes, _deadline: Deadline) -> str | None:
    return json_version(text)


def tar_gz_version(reader: BoundedReader) -> str | None:
    """Read `<folder>/PKG-INFO`, else `<folder>/package.json`, of a .tar.gz."""
    return _version(reader, {_PKG_INFO: _pkg_info, _PACKAGE_JSON: _package_json})


def tgz_version(reader: BoundedReader) -> str | None:
    """Read `<folder>/Chart.yaml`, else `<folder>/package.json`, of a .tgz."""
    return _version(reader, {_CHART: yaml_version, _PACKAGE_JSON: _package_json})


def _version(reader: BoundedReader, parsers: Mapping[bytes, Parser]) -> str | None:
    """Read the first kind of metadata in `parsers`; the second kind counts only if no first one shows up."""
    entries = TarEntries(gunzipped(reader, reader.deadline))
    preferred = next(iter(parsers))
    folder: bytes | None = None
    fallback: str | None = None
    try:
        for entry in entries:
            top, slash, name = entry.path.partition(b"/")
            if folder is None and slash:
                folder = top
            if top != folder or name not in parsers or not entry.is_file:
                continue
            version = parsers[name](entries.content(), reader.deadline)
            if name == preferred or folder == NPM_FOLDER:
                return version
            fallback = fallback or version
    except ScanLimit:
        # A large source archive: what its beginning says stands.
        return fallback
    return fallback
