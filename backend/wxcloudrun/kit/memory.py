"""How a server process of many threads asks the C library for memory."""

import ctypes
import gc

M_ARENA_MAX = -8  # mallopt(3)
ARENAS = 2  # each thread would get a heap of its own, and a block that one thread frees no other can use


def keep_small() -> None:
    """Let threads share two heaps and give back what the start has left; does nothing without glibc."""
    library = ctypes.CDLL(None)
    try:
        library.mallopt(M_ARENA_MAX, ARENAS)
        gc.collect()
        library.malloc_trim(0)
    except AttributeError:
        return
