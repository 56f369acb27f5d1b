"""Passwords that are hashed and verified once: the same question always has the same answer.

Argon2 takes thirty milliseconds on purpose, and the tests register and log in the same people again and
again. Nothing else changes: hashes keep the parameters of production, and every one is verified once, unless
this process has made it from that very password. Who takes a password that somebody had before gets their
hash, with its salt: no test may depend on two of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

type Refusal = Argon2Error | InvalidHashError


@contextmanager
def remembered_verifications() -> Iterator[None]:
    """Let every hasher of this process remember what fitted which hash."""
    verify, make = PasswordHasher.verify, PasswordHasher.hash
    answers: dict[tuple[str | bytes, str | bytes], Refusal | None] = {}
    hashes: dict[tuple[Any, ...], str] = {}

    def remembering(hasher: PasswordHasher, stored: str | bytes, offered: str | bytes) -> bool:
        question = (stored, offered)
        if question not in answers:
            try:
                verify(hasher, stored, offered)
                answers[question] = None
            except (Argon2Error, InvalidHashError) as refusal:
                answers[question] = refusal
        if (refused := answers[question]) is not None:
            raise type(refused)(*refused.args)
        return True

    def remembered(hasher: PasswordHasher, password: str | bytes, **options: Any) -> str:
        costs = (hasher.time_cost, hasher.memory_cost, hasher.parallelism, hasher.hash_len)
        question = (password, *costs, *options.items())
        if question not in hashes:
            hashes[question] = make(hasher, password, **options)
            answers[hashes[question], password] = None
        return hashes[question]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHasher, "verify", remembering)
        patch.setattr(PasswordHasher, "hash", remembered)
        yield
