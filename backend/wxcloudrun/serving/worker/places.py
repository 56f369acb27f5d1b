"""Places for bodies that are on their way: so many in this process, and so many for one client."""

import threading
from collections import Counter

from wxcloudrun.kit.errors import Busy
from wxcloudrun.kit.texts import text
from wxcloudrun.serving import metrics
from wxcloudrun.serving.worker.limits import ServingLimits

UP, DOWN = "up", "down"
OTHER = "other"  # bodies that come and are no upload


class Places:
    """Counts those that are taken. Used from all threads."""

    def __init__(self, limits: ServingLimits) -> None:
        self._most = {UP: limits.uploads, DOWN: limits.downloads, OTHER: limits.other_bodies}
        self._most_per_client = {
            UP: limits.uploads_per_client,
            DOWN: limits.downloads_per_client,
            OTHER: limits.other_bodies_per_client,
        }
        self._active = {each: metrics.TRANSFERS.labels(each) for each in self._most}
        self._taken: Counter[str] = Counter()
        self._clients: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self.is_closing = False  # nobody begins any more

    def take(self, direction: str, client: str) -> "TransferPlace":
        """Take a place for a client. Raises Busy."""
        place = self.reserve(direction)
        try:
            place.belongs_to(client)
        except Busy:
            place.give_back()
            raise
        return place

    def reserve(self, direction: str) -> "TransferPlace":
        """Take a place for somebody who is not known yet. Raises Busy."""
        with self._lock:
            refusal = self._refusal(direction)
            if refusal is None:
                self._taken[direction] += 1
        if refusal is not None:
            metrics.TRANSFERS_REFUSED.labels(direction).inc()
            raise refusal
        self._active[direction].inc()
        return TransferPlace(self, direction)

    def _refusal(self, direction: str) -> Busy | None:
        if self.is_closing:
            return Busy(text("the service is about to stop; try again in some seconds"))
        if self._taken[direction] >= self._most[direction]:
            return Busy(text("too many files are on their way; try again in some seconds"))
        return None

    def count_client(self, direction: str, client: str) -> None:
        """Count a place as this client's. Raises Busy if it has its share."""
        most = self._most_per_client[direction]
        with self._lock:
            has_its_share = bool(most) and self._clients[direction, client] >= most
            if not has_its_share:
                self._clients[direction, client] += 1
        if has_its_share:
            metrics.TRANSFERS_REFUSED.labels(direction).inc()
            raise Busy(text("too many files of yours are on their way; wait for some of them"))

    def give_back(self, direction: str, client: str | None) -> None:
        """Let somebody else have a place."""
        with self._lock:
            self._taken[direction] -= 1
            if client is not None:
                self._clients[direction, client] -= 1
                if not self._clients[direction, client]:
                    del self._clients[direction, client]
        self._active[direction].dec()


class TransferPlace:
    """A place that is given back once, however often that is said."""

    def __init__(self, places: Places, direction: str) -> None:
        self._places: Places | None = places
        self.direction = direction
        self._client: str | None = None

    def belongs_to(self, client: str) -> None:
        """Say whose it is. Raises Busy if the client has its share; the place is taken nevertheless."""
        if self._places is not None:
            self._places.count_client(self.direction, client)
            self._client = client

    def give_back(self) -> None:
        """Let somebody else have it."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back(self.direction, self._client)
