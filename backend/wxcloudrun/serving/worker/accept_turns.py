"""Whose turn it is to let somebody in: the workers of one server share their listeners."""

import mmap
import struct

PID = struct.Struct("=q")
LOOK_SECONDS = 0.001
MOST_LOOKS = 8  # after which the others are away, or have enough to do


class AcceptTurns:
    """Remembers which process has accepted last. It is made before the workers are, who share the memory.

    The kernel tells every worker of a connection, and the quickest gets it. Of clients that connect at the
    same time all may be with one worker, which has one interpreter for them, because the loop of the other
    was busy for some milliseconds. So whoever has had the last one leaves the next to others, for a moment.
    """

    def __init__(self) -> None:
        self._last = mmap.mmap(-1, PID.size)

    def is_for_others(self, process: int, looks: int) -> bool:
        """Tell whether a process leaves a connection that it has looked at so many times to others."""
        return looks < MOST_LOOKS and PID.unpack_from(self._last)[0] == process

    def note(self, process: int) -> None:
        """Note that it has accepted one."""
        PID.pack_into(self._last, 0, process)
