"""Lets the disk begin with what was written, without waiting for it: the sync behind it is short then."""

import ctypes
import os
from functools import cache
from typing import Any

WRITE = 2  # SYNC_FILE_RANGE_WRITE of sync_file_range(2)


def begin_writing(descriptor: int, offset: int, size_bytes: int) -> None:
    """Ask for a part of a file to be written; nothing is promised, and failures show at the next sync."""
    function = sync_file_range()
    if function is not None:
        function(descriptor, offset, size_bytes, WRITE)


@cache
def sync_file_range() -> Any:
    """Return the function of the C library, None where there is none."""
    if not hasattr(os, "fdatasync"):
        return None
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return function
