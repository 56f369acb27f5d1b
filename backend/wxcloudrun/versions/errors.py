"""Refusals of this domain."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, cast

from wxcloudrun.kit.errors import DIGEST, NUMBER, TEXT, Conflict, NotFound, VersionTaken
from wxcloudrun.kit.texts import text


class FileTaken(VersionTaken):
    """The file name in that version holds, or once held, other bytes."""

    reason = "file_taken"
    described_facts: ClassVar = {"version": TEXT, "filename": TEXT, "existing": DIGEST, "offered": DIGEST}


class VersionSealed(VersionTaken):
    """The version takes no new file; its files sent again are no new ones."""

    reason = "version_sealed"
    described_facts: ClassVar = {"version": TEXT, "offered": DIGEST}


class SeveralFiles(Conflict):
    """The reference means a version with several files, of which one has to be named.

    `files` has 100 entries at most; what answers tell has their addresses too.
    """

    reason = "several_files"
    described_facts: ClassVar = {
        "version": TEXT,
        "files": {
            "type": "array",
            "description": "the files that there are",
            "items": {
                "type": "object",
                "required": ["filename", "size", "sha256", "content_type", "url"],
                "properties": {
                    "filename": TEXT, "size": NUMBER, "sha256": TEXT, "content_type": TEXT, "url": TEXT,
                },
            },
        },
    }  # fmt: skip

    @property
    def files(self) -> Sequence[Any]:
        """The files that there are."""
        return cast("Sequence[Any]", self.facts["files"])


class RangeNotUnderstood(NotFound):
    """What can only be meant as a range of versions is none; `position` counts characters from 0."""

    reason = "range_not_understood"
    described_facts: ClassVar = {"range": TEXT, "position": NUMBER}

    @property
    def position(self) -> int:
        """The first character that was not understood."""
        return int(self.facts["position"])

    @classmethod
    def at(cls, wanted: str, position: int) -> Self:
        """Say where reading it stopped."""
        sentence = text(
            'the range "{range}" is not understood from character {number} on; '
            "ranges look like ^1.2, ~1.2.3, >=1.2 <2 or 1.x",
            range=wanted,
            number=position + 1,
        )
        return cls(sentence, range=wanted, position=position)


class VersionYanked(Conflict):
    """Nobody shall choose this version any more, so it is not put in use."""

    reason = "version_yanked"
    described_facts: ClassVar = {"version": TEXT, "yanked": TEXT}
