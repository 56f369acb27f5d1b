"""What a download is about: the bytes, and the grammar of the references that lead to them.

`version:V`, `tag:T`, `artifact:SHA256`, or a bare name.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wxcloudrun.kit.names import is_sha256, is_tag
from wxcloudrun.kit.remarks import Remark
from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.choices import LATEST, read_as
from wxcloudrun.versions.rules.grammar import may_be_range
from wxcloudrun.versions.rules.names import is_version
from wxcloudrun.versions.rules.schemes import SCHEMES
from wxcloudrun.versions.rules.standing import Standing, Yank

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
class ReferenceTarget(Blob):
    """The bytes behind a reference, and the tag or version that led to them.

    Of a version with several files (`files_count`) they are those of one of them.
    `marked` is a version that these bytes are and that is yanked or deprecated: the one that was asked for,
    or where none was, one of those in the package. `is_whole` is true where the version that was asked for
    can never mean other bytes than these.
    """

    tag: str | None
    version: str | None
    files_count: int = 1
    is_whole: bool = False
    marked: str | None = None
    yanked_at: datetime | None = None
    yanked_reason: str | None = None
    deprecated: str | None = None

    def remarks(self) -> Sequence[Remark]:
        """Return what everybody is told who gets these bytes."""
        if self.marked is None:
            return []
        yank = Yank.read(self.yanked_at, self.yanked_reason)
        return Standing(self.marked, yank, self.deprecated).remarks()


class ReferenceKind(enum.Enum):
    """What a reference says it is."""

    VERSION = "version"
    TAG = "tag"
    ARTIFACT = "artifact"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference. `is_range` says that `value` can also be read as a range of versions.

    `not_understood` says why not, where it can only be meant as one. `filename` is asked for where bytes
    have several names.
    """

    kind: ReferenceKind
    value: str
    is_range: bool = False
    not_understood: RangeNotUnderstood | None = None
    filename: str | None = None

    @property
    def is_immutable(self) -> bool:
        """True for the whole SHA-256; whether a version is meant exactly is known when it is found."""
        return self.kind is ReferenceKind.ARTIFACT

    @property
    def may_choose(self) -> bool:
        """True for what means the best of several versions, unless something has exactly that name."""
        return self.is_range or self.is_latest

    @property
    def is_latest(self) -> bool:
        """True for the bare word, which means the highest release even if a version is called so."""
        return self.kind is ReferenceKind.BARE and self.value == LATEST


def parse_ref(text: str) -> Ref | None:
    """Return the reference, None if it is ill-formed, which means that it points at nothing."""
    prefix, colon, value = text.partition(":")
    if colon and prefix == ReferenceKind.VERSION.value:
        return parse_version_ref(value)
    if colon and prefix == ReferenceKind.TAG.value:
        return Ref(ReferenceKind.TAG, value) if is_tag(value) else None
    if colon and prefix == ReferenceKind.ARTIFACT.value:
        return Ref(ReferenceKind.ARTIFACT, value) if is_sha256(value) else None
    return Ref(ReferenceKind.BARE, text) if is_version(text) else None


def is_bare_range(text: str) -> bool:
    """Tell whether a reference was perhaps meant as a range, which needs `version:` before it."""
    return may_be_range(text) and text.partition(":")[0] not in {kind.value for kind in ReferenceKind}


def parse_version_ref(value: str) -> Ref | None:
    """Read what stands behind `version:`: a name, or a range, which may contain blanks.

    A range that no scheme can read is found out here, before any version is looked at.
    """
    if not may_be_range(value):
        return Ref(ReferenceKind.VERSION, value) if is_version(value) else None
    try:
        read_as(value, SCHEMES)
    except RangeNotUnderstood as error:
        return Ref(ReferenceKind.VERSION, value, not_understood=error)
    return Ref(ReferenceKind.VERSION, value, is_range=True)
