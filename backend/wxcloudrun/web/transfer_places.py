"""What application and server agree on about long bodies: whose they are, and whether there is room."""

from collections.abc import Callable
from typing import cast

from flask import request

CLIENT = "registry.client"  # who asks: a user, or else an address
SMALL_BYTES = 64 * 1024
HASTEN = "registry.hasten_body"  # put there by a server that waits for bodies
ADMIT = "registry.admit_download"  # put there by a server that counts
ADMIT_BODY = "registry.admit_body"  # the same, while a long body is still coming


def name_client(client: str) -> None:
    """Tell the server whose request this is, so that nobody takes all places."""
    request.environ[CLIENT] = client


def hasten_body() -> None:
    """Tell the server that the body of this request is no upload: it has one deadline for the whole of it."""
    hasten = cast("Callable[[], None] | None", request.environ.get(HASTEN))
    if hasten is not None:
        hasten()


def admit_body() -> None:
    """Count the body that is still coming as the caller's, where the server counts them. Raises Busy.

    Said before anything is written for it: a request that is refused for want of room changes nothing.
    """
    admit = cast("Callable[[], None] | None", request.environ.get(ADMIT_BODY))
    if admit is not None:
        admit()


def admit_download(size_bytes: int) -> None:
    """Take a place for the answer's body, where the server counts them. Raises Busy.

    A small one needs none: it is gone with the head.
    """
    if size_bytes <= SMALL_BYTES:
        return
    admit = cast("Callable[[], None] | None", request.environ.get(ADMIT))
    if admit is not None:
        admit()
