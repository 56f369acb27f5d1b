"""Which release a job was made for: its id, and a fingerprint that no other release has.

An id alone says where to look, and not that what is found there is still what was meant.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from wxcloudrun.kit.security import OrderedBy


class Identified(Protocol):
    """What tells a release from every other one, its id aside; none of it ever changes."""

    @property
    def id(self) -> int: ...
    @property
    def package_id(self) -> int: ...
    @property
    def version(self) -> str: ...
    @property
    def source(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """The very release that a job is about."""

    release_id: int
    fingerprint: str
    order: OrderedBy | None = None

    @classmethod
    def to(cls, release: Identified, order: OrderedBy | None) -> Self:
        """Name a release, and who wants its bytes."""
        return cls(release.id, fingerprint(release), order)

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Read the arguments of a job; without a fingerprint they name no release."""
        return cls(
            int(arguments["release_id"]), str(arguments.get("fingerprint", "")), OrderedBy.read(arguments)
        )

    def arguments(self) -> dict[str, str | int | None]:
        """Return what a job carries."""
        said: dict[str, str | int | None] = {"release_id": self.release_id, "fingerprint": self.fingerprint}
        return said if self.order is None else {**said, **self.order.arguments()}

    def means(self, release: Identified) -> bool:
        """Tell whether this release is the one, and not another that got its id."""
        return release.id == self.release_id and fingerprint(release) == self.fingerprint


def fingerprint(release: Identified) -> str:
    """Return the SHA-256 of what identifies a release, in hex."""
    moment = release.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f")  # UTC, to the microsecond
    facts = json.dumps([release.package_id, release.version, release.source, moment])
    return hashlib.sha256(facts.encode()).hexdigest()
