"""The end of a connection: a lingering close, so that the last answer arrives."""

import asyncio
import contextlib
import socket

from wxcloudrun.kit import clock

LINGER_SECONDS = 10.0
# A client that listens only when it has sent everything shall not wait long for what is of a usual size; more
# of the network than this it is not worth.
LINGER_FREE_BYTES = 32 * 1024 * 1024
LINGER_BYTES_PER_SECOND = 4 * 1024 * 1024
BLOCK_BYTES = 64 * 1024


async def close_lingering(sock: socket.socket, seconds: float = LINGER_SECONDS) -> None:
    """Say that nothing more will be sent, take in what the client is still sending until it stops, and close.

    Closing with unread bytes makes the kernel send a reset, which can destroy the answer on its way
    (RFC 9112 section 9.6). How much is on its way nobody knows, so time decides: a proxy that is busy
    passing a body on looks at the answer in its own time.
    """
    loop = asyncio.get_running_loop()
    began_at, taken = clock.monotonic(), 0
    try:
        with contextlib.suppress(OSError, TimeoutError):
            sock.setblocking(False)
            sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(seconds):
                while block := await loop.sock_recv(sock, BLOCK_BYTES):
                    taken += len(block)
                    slow = max(0, taken - LINGER_FREE_BYTES)
                    ahead = began_at + slow / LINGER_BYTES_PER_SECOND - clock.monotonic()
                    await asyncio.sleep(max(0.0, ahead))
    finally:
        sock.close()
