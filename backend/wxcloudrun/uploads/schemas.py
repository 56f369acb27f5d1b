"""Wire shapes of deposits, and what a request for one may carry in headers, query and form."""

import base64
import binascii
import re
from typing import Annotated, Self

from pydantic import AfterValidator
from werkzeug.datastructures import Headers

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.names import TagName
from wxcloudrun.kit.web.parsing import Output, Query, Timestamp, validate
from wxcloudrun.uploads.queries import UploadView
from wxcloudrun.uploads.rules import file_name_problem, settled_content_type
from wxcloudrun.uploads.service.publication import Deposited, DepositSpec
from wxcloudrun.uploads.service.reception import Checksums
from wxcloudrun.versions.schemas import VersionName

HEX_LENGTHS = {"sha256": 64, "sha1": 40, "md5": 32}
REPR_DIGEST_NAMES = {"sha-256": "sha256", "sha": "sha1", "md5": "md5"}
REPR_DIGEST_MEMBER = re.compile(r"[ \t]*([a-z0-9-]+)=:([A-Za-z0-9+/=]*):[ \t]*")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def check_file_name(name: str) -> str:
    """Return `name`; ValueError that says why it is refused."""
    problem = file_name_problem(name)
    if problem is not None:
        raise ValueError(problem)
    return name


FileName = Annotated[str, AfterValidator(check_file_name)]


class UploadQuery(Query):
    """What a raw upload shall make."""

    tag: TagName | None = None
    version: VersionName | None = None


class FormFields(Query):
    """The text fields of an upload form."""

    tag: TagName | None = None
    version: VersionName | None = None


class NamedFile(Query):
    """The file name of an upload."""

    file: FileName


class UploadOut(Output):
    """An accepted deposit."""

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
    version_source: str | None
    version_conflict: str | None
    ref_count: int
    deduplicated: bool
    created_at: Timestamp

    @classmethod
    def of(cls, deposited: Deposited) -> Self:
        """Shape a deposit for its depositor."""
        upload = deposited.upload
        return cls(
            id=upload.id,
            artifact_id=upload.digest,
            sha256=upload.digest,
            md5=deposited.digests.md5,
            sha1=deposited.digests.sha1,
            size=upload.size_bytes,
            original_name=upload.original_name or "",
            content_type=upload.content_type or "",
            project=deposited.project,
            package=deposited.package,
            tag=upload.tag,
            version=upload.version,
            version_source=upload.version_source,
            version_conflict=upload.version_conflict,
            ref_count=deposited.ref_count,
            deduplicated=upload.deduplicated,
            created_at=upload.deposit_time(),
        )


class UploadListed(Output):
    """A deposit in a list."""

    id: int
    artifact_id: str
    size: int
    original_name: str
    content_type: str
    tag: str | None
    version: str | None
    version_source: str | None
    version_conflict: str | None
    created_at: Timestamp
    created_by: str | None

    @classmethod
    def of(cls, view: UploadView) -> Self:
        """Shape a deposit for a reader."""
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
            created_at=upload.deposit_time(),
            created_by=view.depositor,
        )


class UploadHeaders(Output):
    """What the headers of an upload ask for."""

    checksums: Checksums
    by_checksum: bool
    idempotency_key: str | None

    @classmethod
    def parse(cls, headers: Headers) -> Self:
        """Read them. Raises Malformed for a checksum or key in a wrong format."""
        given = {name: parse_hex(name, headers.get(f"X-Checksum-{name}")) for name in HEX_LENGTHS}
        for name, digest in parse_repr_digest(headers.get("Repr-Digest")).items():
            if given[name] not in (None, digest):
                raise Malformed(f"Repr-Digest and X-Checksum-{name.upper()} disagree")
            given[name] = digest
        by_checksum = parse_flag(headers.get("X-Checksum-Deploy", "false"))
        if by_checksum and given["sha256"] is None:
            raise Malformed("X-Checksum-Deploy needs X-Checksum-SHA256")
        key = headers.get("Idempotency-Key")
        if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
            raise Malformed("an Idempotency-Key has 1 to 128 printable ASCII characters")
        return cls(checksums=Checksums(**given), by_checksum=by_checksum, idempotency_key=key)

    def spec(self, filename: str, content_type: str | None, names: UploadQuery | FormFields) -> DepositSpec:
        """Put together what a deposit is made from. Raises Invalid for a file name that is refused."""
        name = checked_file_name(filename)
        return DepositSpec(
            filename=name,
            content_type=settled_content_type(content_type, name),
            tag=names.tag,
            version=names.version,
            idempotency_key=self.idempotency_key,
        )


def checked_file_name(filename: str) -> str:
    """Return the file name. Raises Invalid that says why it is refused."""
    return validate(NamedFile, {"file": filename}).file


def parse_flag(text: str) -> bool:
    """Read X-Checksum-Deploy. Raises Malformed for what is neither true nor false."""
    flags = {"true": True, "false": False}
    try:
        return flags[text.strip().lower()]
    except KeyError:
        raise Malformed("X-Checksum-Deploy is either true or false") from None


def parse_hex(name: str, text: str | None) -> str | None:
    """Read a checksum header in hex, in either case. Raises Malformed."""
    if text is None:
        return None
    length = HEX_LENGTHS[name]
    if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", text.strip()):
        raise Malformed(f"X-Checksum-{name.upper()} must be {length} hex digits")
    return text.strip().lower()


def parse_repr_digest(text: str | None) -> dict[str, str]:
    """Read Repr-Digest (RFC 9530): those of its algorithms that are checked here, as hex."""
    if text is None:
        return {}
    digests = {}
    for member in text.split(","):
        matched = REPR_DIGEST_MEMBER.fullmatch(member)
        if matched is None:
            raise Malformed("Repr-Digest must look like sha-256=:BASE64:")
        name = REPR_DIGEST_NAMES.get(matched[1])
        if name is not None:
            digests[name] = decode_digest(name, matched[2])
    return digests


def decode_digest(name: str, encoded: str) -> str:
    """Turn a digest from base64 to hex. Raises Malformed."""
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Malformed("Repr-Digest is not valid base64") from error
    if len(digest) * 2 != HEX_LENGTHS[name]:
        raise Malformed(f"the {name} in Repr-Digest has a wrong length")
    return digest.hex()
