"""How patient the worker is, and how much it does at once; the values come from the settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServingLimits:
    """The numbers of one process. A count of 0 for an address or a client means: no limit."""

    threads: int = 8  # for requests that are wholly there
    uploads: int = 128  # bodies that are read as they come, each by a thread of its own
    downloads: int = 1024  # answers that leave as fast as their clients take them
    connections: int = 4096
    connections_per_address: int = 1024
    uploads_per_client: int = 32
    downloads_per_client: int = 512
    header_seconds: float = 10  # from the first byte of a head, or from the connection, to its last
    body_seconds: float = 30  # for the whole of a body that is no upload
    idle_seconds: float = 60  # between two requests, and between two bytes of a long body
    give_up_seconds: float = 120  # whoever takes or sends less than the next line for so long
    give_up_bytes_per_second: int = 1024
    graceful_seconds: float = 30  # for what is under way when the worker is told to stop
    always_answered: tuple[str, ...] = ()  # paths that have a thread of their own

    @property
    def other_bodies(self) -> int:
        """How many long bodies that are no uploads may be on their way, each read by a thread of its own."""
        return self.threads

    @property
    def other_bodies_per_client(self) -> int:
        """How many of them may be one client's: nobody needs several at once, and anybody may send them."""
        return max(1, self.threads // 4)
