"""What a download is about: the bytes, and the grammar of the references that lead to them.

`version:V`, `tag:T`, `artifact:SHA256`, or a bare name.
"""

import enum
from dataclasses import dataclass
from datetime import datetime

from wxcloudrun.kit.names import is_sha256, is_tag
from wxcloudrun.versions.rules import VersionRange, parse_range, version_problem

LATEST = "latest"
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, and everything that an answer with them says about them."""

    artifact_id: str
    size_bytes: int
    md5: str | None
    sha1: str | None
    object_key: str
    original_name: str
    content_type: str
    deposited_at: datetime


@dataclass(frozen=True, slots=True)
class Target(Blob):
    """The bytes behind a reference, and the tag or version that led to them."""

    tag: str | None
    version: str | None


class Kind(enum.Enum):
    """What a reference says it is."""

    VERSION = "version"
    TAG = "tag"
    ARTIFACT = "artifact"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Ref:
    """A well-formed reference. `wanted` is set if `value` can also be read as a range of versions."""

    kind: Kind
    value: str
    wanted: VersionRange | None = None

    @property
    def is_immutable(self) -> bool:
        """True for the whole SHA-256; whether a version is meant exactly is known when it is found."""
        return self.kind is Kind.ARTIFACT

    @property
    def may_choose(self) -> bool:
        """True for what means the best of several versions, unless something has exactly that name."""
        return self.wanted is not None or (self.kind is Kind.BARE and self.value == LATEST)


def parse_ref(text: str) -> Ref | None:
    """Return the reference, None if it is ill-formed, which means that it points at nothing."""
    prefix, colon, value = text.partition(":")
    if colon and prefix == Kind.VERSION.value:
        return parse_version_ref(value)
    if colon and prefix == Kind.TAG.value:
        return Ref(Kind.TAG, value) if is_tag(value) else None
    if colon and prefix == Kind.ARTIFACT.value:
        return Ref(Kind.ARTIFACT, value) if is_sha256(value) else None
    return None if version_problem(text) else Ref(Kind.BARE, text)


def parse_version_ref(value: str) -> Ref | None:
    """Read what stands behind `version:`: a name, or a range, which may contain blanks."""
    wanted = parse_range(value)
    if version_problem(value) and wanted is None:
        return None
    return Ref(Kind.VERSION, value, wanted)
