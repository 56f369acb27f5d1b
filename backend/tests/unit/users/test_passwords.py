"""Passwords are hashed with argon2id, a few at a time."""

import threading

import argon2
import pytest
from argon2.low_level import verify_secret

from wxcloudrun.kit.errors import TooManyRequests
from wxcloudrun.users.service.passwords import NOBODYS_HASH, Passwords


def test_a_hash_fits_its_password_only() -> None:
    passwords = Passwords()

    stored = passwords.hash("right password")

    assert stored.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert verify_secret(stored.encode(), b"right password", argon2.Type.ID), "really"
    assert passwords.verify(stored, "right password")
    assert not passwords.verify(stored, "wrong password")


def test_nobody_is_verified_against_a_real_hash_that_nothing_fits() -> None:
    passwords = Passwords()

    assert not passwords.verify(None, "any password")
    assert not passwords.is_outdated(NOBODYS_HASH), "it must cost what a stored hash costs"


def test_a_stored_hash_that_is_none_fits_nothing() -> None:
    assert not Passwords().verify("not a hash", "any password")


def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right password")

    assert Passwords().is_outdated(weak)


def test_whoever_waits_too_long_for_a_turn_is_told_when_to_come_back() -> None:
    passwords = Passwords(concurrent_hashes=1, wait_seconds=0.01)
    entered, leave = threading.Event(), threading.Event()

    def occupy() -> None:
        with passwords.turn():
            entered.set()
            leave.wait(5)

    holder = threading.Thread(target=occupy)
    holder.start()
    entered.wait(5)
    try:
        with pytest.raises(TooManyRequests) as refusal:
            passwords.hash("right password")
    finally:
        leave.set()
        holder.join()

    assert refusal.value.headers == {"Retry-After": "1"}
    assert passwords.hash("right password"), "the turn is free again"


def test_whoever_has_a_turn_hashes_in_it_as_often_as_they_want() -> None:
    passwords = Passwords(concurrent_hashes=1, wait_seconds=0.01)

    with passwords.turn():
        stored = passwords.hash("right password")
        assert passwords.verify(stored, "right password")
    with passwords.turn():
        assert passwords.verify(stored, "right password"), "the turn came back"
