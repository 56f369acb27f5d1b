"""What people say of a version beside its bytes, and what those who use it are told of that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from wxcloudrun.kit.remarks import Remark
from wxcloudrun.kit.texts import text

YANKED_REASON_CHARACTERS = 500
DEPRECATED_CHARACTERS = 1000
NOTES_BYTES = 64 * 1024
MAX_PROPERTIES = 32
PROPERTY_VALUE_CHARACTERS = 256
# All headers of an answer together have to fit into the 4 KiB that proxies keep for them.
QUOTED_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Yank:
    """Since when nobody shall choose a version any more, and why; the reason may be empty."""

    reason: str
    at: datetime

    @classmethod
    def read(cls, at: datetime | None, reason: str | None) -> Self | None:
        """Read it as it is written down; None of a version that is not yanked."""
        return None if at is None else cls(reason or "", at)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a version is one to choose, and whether it is one to keep."""

    version: str
    yank: Yank | None
    deprecated: str | None

    def remarks(self) -> Sequence[Remark]:
        """Return what everybody is told who gets its bytes or puts it in use."""
        found: list[Remark] = []
        facts = {"version": self.version}
        if self.yank is not None and self.yank.reason:
            reason = quoted(self.yank.reason)
            sentence = text("version {version} was yanked: {reason}", version=self.version, reason=reason)
            found.append(Remark("version_yanked", sentence, facts))
        elif self.yank is not None:
            found.append(Remark("version_yanked", text("version {version} was yanked", **facts), facts))
        if self.deprecated is not None:
            reason = quoted(self.deprecated)
            sentence = text("version {version} is deprecated: {reason}", version=self.version, reason=reason)
            found.append(Remark("version_deprecated", sentence, facts))
        return found


def quoted(words: str) -> str:
    """Return somebody's words, cut to what a header may carry of them; the whole stands at the version."""
    if len(json.dumps(words)) <= QUOTED_BYTES:
        return words
    cut = words[:QUOTED_BYTES]
    while len(json.dumps(cut)) > QUOTED_BYTES:
        cut = cut[: len(cut) * 3 // 4]
    return cut + "…"
