"""The pages of PyPI's simple API as JSON and as HTML, and what a form of an upload says."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from wxcloudrun.formats.distributions import DistributionFile, parse_file_name, parse_version
from wxcloudrun.kit.checksums import HEX_LENGTHS, Checksums
from wxcloudrun.kit.errors import Malformed, WrongValue
from wxcloudrun.kit.texts import text
from wxcloudrun.pypi.rules import (
    API_VERSION,
    METADATA_ENDING,
    shown_version,
)
from wxcloudrun.pypi.service.listing import ListedFile, ListedProject
from wxcloudrun.pypi.service.publishing import PublishingClaim
from wxcloudrun.web.parsing import Query

ACTIVE = {"status": "active"}  # PEP 792
META = {"api-version": API_VERSION}
DIGEST_FIELDS = {"sha256_digest": "sha256", "md5_digest": "md5"}
BLAKE2_FIELD, BLAKE2_CHARACTERS = "blake2_256_digest", 64
# What is read of a form; other fields say again what stands in the file, which is what counts.
FIELDS = frozenset({":action", "protocol_version", "name", "version", BLAKE2_FIELD, *DIGEST_FIELDS})
PLAIN = re.compile(r"[A-Za-z0-9._-]+")  # needs no quoting, which takes long
HEX = frozenset("0123456789abcdef")


class SimpleQuery(Query):
    """In which form a page is wanted (PEP 691)."""

    format: str | None = None


def index_json(names: Sequence[str]) -> bytes:
    """Return the list of projects as JSON."""
    return encoded({"meta": META, "projects": [{"name": name} for name in names]})


def index_html(names: Sequence[str]) -> bytes:
    """Return the list of projects as HTML."""
    links = [f'<a href="{name}/">{name}</a><br>\n' for name in names]
    return page("Simple index", links)


def project_json(found: ListedProject, files: Sequence[ListedFile], root: str) -> bytes:
    """Return the files of a project as JSON; `root` leads from the page to the place of the index."""
    return encoded(
        {
            "meta": {**META, "project-status": ACTIVE},
            "project-status": ACTIVE,
            "name": found.name,
            "versions": list(dict.fromkeys(shown_version(each.version) for each in files)),
            "files": [file_json(each, root) for each in files],
        }
    )


def file_json(file: ListedFile, root: str) -> dict[str, Any]:
    """Return what JSON says of a file."""
    metadata = False if file.metadata_digest is None else {"sha256": file.metadata_digest}
    shown = {
        "filename": file.filename,
        "url": file_url(file, root),
        "hashes": {"sha256": file.digest},
        "size": file.size_bytes,
        "upload-time": f"{file.uploaded_at.isoformat(timespec='microseconds')[:26]}Z",
        "yanked": False if file.yanked is None else file.yanked or True,
        "core-metadata": metadata,
        "dist-info-metadata": metadata,
    }
    if file.requires_python is not None:
        shown["requires-python"] = file.requires_python
    return shown


def project_html(found: ListedProject, files: Sequence[ListedFile], root: str) -> bytes:
    """Return the files of a project as HTML."""
    return page(f"Links for {found.name}", [file_html(each, root) for each in files])


def file_html(file: ListedFile, root: str) -> str:
    """Return the link to a file."""
    attributes = {"href": f"{file_url(file, root)}#sha256={file.digest}"}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    if file.metadata_digest is not None:
        attributes["data-core-metadata"] = f"sha256={file.metadata_digest}"
        attributes["data-dist-info-metadata"] = f"sha256={file.metadata_digest}"
    said = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {said}>{escape(file.filename)}</a><br>\n"


def page(title: str, links: Sequence[str]) -> bytes:
    """Return a page of links."""
    head = (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta name="pypi:repository-version" content="{API_VERSION}">\n'
        f'<meta name="pypi:project-status" content="{ACTIVE["status"]}">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
    )
    return "".join((head, *links, "</body>\n</html>\n")).encode()


def file_url(file: ListedFile, root: str) -> str:
    """Return where a file is."""
    filename = file.filename if PLAIN.fullmatch(file.filename) else quote(file.filename)
    return f"{root}files/{file.digest}/{filename}"


def encoded(value: Mapping[str, Any]) -> bytes:
    """Return JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_claim(fields: Mapping[str, str], filename: str | None) -> PublishingClaim:
    """Read what a form of an upload says. Raises Malformed."""
    action, protocol = fields.get(":action"), fields.get("protocol_version", "1")
    if action != "file_upload" or protocol != "1":
        raise Malformed(text("send :action=file_upload and protocol_version=1, as twine and uv do"))
    name, version = fields.get("name", "").strip(), fields.get("version", "").strip()
    if not (name and version):
        raise Malformed(text("the form has no name, or no version"))
    if "attestations" in fields:
        raise Malformed(text("attestations are not taken here; publish without them"))
    digests = {known: digest(fields, field, HEX_LENGTHS[known]) for field, known in DIGEST_FIELDS.items()}
    try:
        file = named_file(filename)
        parse_version(version)
    except WrongValue as problem:
        raise Malformed(problem.message) from problem
    return PublishingClaim(
        file, name, version, Checksums(**digests), digest(fields, BLAKE2_FIELD, BLAKE2_CHARACTERS)
    )


def named_file(filename: str | None) -> DistributionFile:
    """Read the name of the file in a form. WrongValue if it is none."""
    if not filename:
        raise WrongValue(text("the form has no file in its part content"))
    if filename.endswith(METADATA_ENDING):
        raise WrongValue(text("metadata are read from the file; send that"))
    return parse_file_name(filename)


def digest(fields: Mapping[str, str], field: str, characters: int) -> str | None:
    """Read a digest, None if it is not given. Raises Malformed."""
    given = fields.get(field, "").strip().lower()
    if not given:
        return None
    if len(given) != characters or not set(given) <= HEX:
        raise Malformed(text("{field} has {limit} hexadecimal digits", field=field, limit=characters))
    return given
