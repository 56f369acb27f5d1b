"""How a server process of many threads asks the C library for memory."""

import ctypes
import gc

from wxcloudrun.kit import clock

M_ARENA_MAX = -8  # mallopt(3)
SPARE_BYTES = 32 * 1024 * 1024
GIVE_BACK_EVERY_SECONDS = 10.0  # it takes some 20 ms for 100 MB
COLLECT_EVERY = 10_000  # new objects, instead of 700
ARENAS = 2  # each thread would get a heap of its own, and a block that one thread frees no other can use


class HeapFacts(ctypes.Structure):
    """What mallinfo2(3) returns."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def keep_small() -> None:
    """Let threads share two heaps and give back what the start has left; does nothing without glibc."""
    library = ctypes.CDLL(None)
    try:
        library.mallopt(M_ARENA_MAX, ARENAS)
        gc.collect()
        library.malloc_trim(0)
    except AttributeError:
        return


def collect_what_is_new() -> None:
    """Let the search for cycles pass over what the start has made, which stays, and begin less often.

    Whenever some thousand clients had come, it looked at all of that too, for 140 ms and more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


class Spare:
    """Gives back what was freed in the midst of the heap; the library itself gives back only its end."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._next_at = 0.0
        self._can = hasattr(self._library, "malloc_trim") and hasattr(self._library, "mallinfo2")
        if self._can:
            self._library.mallinfo2.restype = HeapFacts

    def give_back(self) -> None:
        """Do it now and then, if that is much; does nothing without glibc 2.33 or newer."""
        if not self._can or clock.monotonic() < self._next_at:
            return
        self._next_at = clock.monotonic() + GIVE_BACK_EVERY_SECONDS
        if self._library.mallinfo2().fordblks > SPARE_BYTES:
            self._library.malloc_trim(0)
