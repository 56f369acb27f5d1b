"""Who writes next: threads of a process in the order in which they came, and processes through one door.

Whoever lets go of a lock and wants it again at once is faster than anybody who has to wake up first. A
process that writes all the time, as the collector of garbage may, so kept the threads of others waiting
until they gave up.
"""

import errno
import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_SECONDS = 0.001


class Queue:
    """A lock that goes to whoever has waited for it longest."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for it so many seconds; False if it did not come."""
        mine = threading.Lock()
        with self._state:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._state:
            if mine not in self._waiting:  # it came in the last moment
                return True
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """Hand it on."""
        with self._state:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Door:
    """A lock between processes for the one that is next: nobody passes who has not stood in it.

    It is a lock on a file of its own. Where there can be no such file, everybody passes.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    @contextmanager
    def stand(self, left: Callable[[], float]) -> Iterator[None]:
        """Be the next in the block; as soon as it ends somebody else is. Raises TimeoutError."""
        descriptor = self._opened()
        try:
            while descriptor is not None and not locked(descriptor):
                if left() <= 0:
                    raise TimeoutError
                time.sleep(LOOK_SECONDS)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _opened(self) -> int | None:
        if self._file is None:
            return None
        try:
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return None


def locked(descriptor: int) -> bool:
    """Lock a file if nobody has, which closing it undoes; a file system without locks lets everybody pass."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EINTR}
    return True
