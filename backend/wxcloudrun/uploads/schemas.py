"""Wire shapes of uploads, and what a request for one may carry in headers, query and form."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator
from werkzeug.datastructures import Headers

from wxcloudrun.kit.checksums import HEX_LENGTHS, Checksums
from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.names import NewTagName, check_said
from wxcloudrun.kit.texts import text
from wxcloudrun.uploads.queries import UploadView
from wxcloudrun.uploads.rules import check_file_name, check_file_path, last_part, settled_content_type
from wxcloudrun.uploads.service.acceptance import AcceptedUpload, UploadSpec
from wxcloudrun.versions.schemas import NewVersionName, SourceName
from wxcloudrun.web.parsing import Output, Query, Timestamp, validate

CHECKSUM_HEADERS = {f"X-Checksum-{name.upper()}": name for name in HEX_LENGTHS}
DEPLOY_HEADER = "X-Checksum-Deploy"
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")


# Of new files; a path may have such a word as a part, for trees have files that are called so.
FileName = Annotated[str, AfterValidator(check_file_name), AfterValidator(check_said)]
FilePath = Annotated[str, AfterValidator(check_file_path), AfterValidator(check_said)]


class UploadQuery(Query):
    """What a raw upload shall make."""

    tag: NewTagName | None = None
    version: NewVersionName | None = None


class FormFields(Query):
    """The text fields of an upload form; `path` is what the file is called, instead of its own name."""

    path: FilePath | None = None
    tag: NewTagName | None = None
    version: NewVersionName | None = None


class NamedFile(Query):
    """The file name of an upload that can be no path."""

    file: FileName


class PathOfFile(Query):
    """The file name of an upload, which may be a path."""

    file: FilePath


class UploadOut(Output):
    """An accepted upload."""

    id: int
    artifact_id: str
    sha256: str
    md5: str | None
    sha1: str | None
    size: int
    original_name: str
    content_type: str
    project: str
    package: str
    tag: str | None
    version: str | None
    version_source: SourceName | None
    version_conflict: str | None
    ref_count: int
    deduplicated: bool
    created_at: Timestamp

    @classmethod
    def of(cls, accepted: AcceptedUpload) -> Self:
        """Shape an upload for its uploader."""
        upload = accepted.upload
        return cls(
            id=upload.id,
            artifact_id=upload.digest,
            sha256=upload.digest,
            md5=accepted.digests.md5,
            sha1=accepted.digests.sha1,
            size=upload.size_bytes,
            original_name=upload.original_name or "",
            content_type=upload.content_type or "",
            project=accepted.project,
            package=accepted.package,
            tag=upload.tag,
            version=upload.version,
            version_source=upload.version_source,
            version_conflict=upload.version_conflict,
            ref_count=accepted.ref_count,
            deduplicated=upload.deduplicated,
            created_at=upload.accepted_at(),
        )


class UploadListed(Output):
    """An upload in a list."""

    id: int
    artifact_id: str
    size: int
    original_name: str
    content_type: str
    tag: str | None
    version: str | None
    version_source: SourceName | None
    version_conflict: str | None
    created_at: Timestamp
    created_by: str | None

    @classmethod
    def of(cls, view: UploadView) -> Self:
        """Shape an upload for a reader."""
        upload = view.upload
        return cls(
            id=upload.id,
            artifact_id=upload.digest,
            size=upload.size_bytes,
            original_name=upload.original_name or "",
            content_type=upload.content_type or "",
            tag=upload.tag,
            version=upload.version,
            version_source=upload.version_source,
            version_conflict=upload.version_conflict,
            created_at=upload.accepted_at(),
            created_by=view.uploader,
        )


class UploadHeaders(Output):
    """What the headers of an upload ask for."""

    checksums: Checksums
    by_checksum: bool
    idempotency_key: str | None

    @classmethod
    def parse(cls, headers: Headers, said: Checksums) -> Self:
        """Read them; `said` is what other headers say of the bytes.

        Raises Malformed for a checksum or key in a wrong format, and for digests that disagree.
        """
        refuse_unknown_checksums(headers)
        given = {name: parse_hex(header, headers.get(header)) for header, name in CHECKSUM_HEADERS.items()}
        checksums = Checksums(**given).also(said)
        by_checksum = parse_flag(headers.get(DEPLOY_HEADER, "false"))
        if by_checksum and checksums.sha256 is None:
            raise Malformed(text("X-Checksum-Deploy needs X-Checksum-SHA256"))
        return cls(checksums=checksums, by_checksum=by_checksum, idempotency_key=key_of(headers))

    def spec(self, filename: str, content_type: str | None, names: UploadQuery | FormFields) -> UploadSpec:
        """Put together what an upload is made from. Raises Invalid for a file name that is refused."""
        path = names.path if isinstance(names, FormFields) else None
        name = path or validate(PathOfFile, {"file": filename}).file
        return UploadSpec(
            filename=name,
            named_by="path" if path else "file",
            content_type=settled_content_type(content_type, last_part(name)),
            tag=names.tag,
            version=names.version,
            idempotency_key=self.idempotency_key,
        )


def key_of(headers: Headers) -> str | None:
    """Return the Idempotency-Key. Raises Malformed for one in a wrong format."""
    key = headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Malformed(text("an Idempotency-Key has 1 to 128 printable ASCII characters"))
    return key


def checked_file_name(filename: str) -> str:
    """Return a file name that can be no path. Raises Invalid that says why it is refused."""
    return validate(NamedFile, {"file": filename}).file


def parse_flag(given: str) -> bool:
    """Read X-Checksum-Deploy. Raises Malformed for what is neither true nor false."""
    flags = {"true": True, "false": False}
    try:
        return flags[given.strip().lower()]
    except KeyError:
        raise Malformed(text("X-Checksum-Deploy is either true or false")) from None


def refuse_unknown_checksums(headers: Headers) -> None:
    """Raise Malformed for a checksum of a kind that would have to be passed over."""
    known = {name.lower() for name in (*CHECKSUM_HEADERS, DEPLOY_HEADER)}
    for name, _ in headers:
        if name.lower().startswith("x-checksum") and name.lower() not in known:
            raise Malformed(text("{header} is not checked here; send X-Checksum-SHA256", header=name))


def parse_hex(header: str, given: str | None) -> str | None:
    """Read a checksum header in hex, in either case. Raises Malformed."""
    if given is None:
        return None
    length = HEX_LENGTHS[CHECKSUM_HEADERS[header]]
    if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", given.strip()):
        raise Malformed(text("{header} must be {length} hex digits", header=header, length=length))
    return given.strip().lower()
