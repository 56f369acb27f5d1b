"""The versions of large packages in their order, kept in this process for as long as they are the same.

Whoever asks says for which content, as the database has just told it, so an old arrangement is never used.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.versions.rules.arrangement import Arrangement

FEWEST_KEPT = 200  # below so many versions the order is worked out sooner than it is looked for
MOST_KEPT = 100_000  # versions of all packages together: half a KB of memory each


type Place = tuple[int, int]
"""A database and a package in it."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """The versions of a package that `content` stands for, in their order."""

    content: str
    versions: Arrangement


class Arrangements:
    """Those that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, Arranged] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Place, content: str) -> Arranged | None:
        """Return the arrangement of a package if it is of this content."""
        with self._lock:
            kept = self._kept.get(place)
            if kept is None or kept.content != content:
                return None
            self._kept.move_to_end(place)
            return kept

    def put(self, place: Place, arranged: Arranged) -> None:
        """Keep one in place of those that were not asked for since longest."""
        if arranged.versions.size < FEWEST_KEPT:
            return
        with self._lock:
            self._kept.pop(place, None)
            self._kept[place] = arranged
            while len(self._kept) > 1 and sum(each.versions.size for each in self._kept.values()) > MOST_KEPT:
                self._kept.popitem(last=False)


ARRANGEMENTS = Arrangements()


def place_of(session: Session, package_id: int) -> Place:
    """Return where the arrangement of a package is kept."""
    return id(session.get_bind()), package_id
