"""Identifiers and secrets nobody can guess, and hashes from which nobody gets them back."""

import re

import pytest

from wxcloudrun.kit import ids


def test_an_id_is_128_bits_of_hex_and_never_the_same() -> None:
    made = {ids.new_id() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in made)


def test_a_secret_is_256_bits_behind_its_prefix_and_safe_in_a_url() -> None:
    made = {ids.new_secret("rk_") for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"rk_[A-Za-z0-9_-]{43}", each) for each in made)


def test_a_keyed_hash_is_the_same_for_the_same_and_says_nothing_without_the_key() -> None:
    assert ids.keyed_hash("s", key=b"k") == ids.keyed_hash("s", key=b"k")
    assert ids.keyed_hash("s", key=b"k") != ids.keyed_hash("s", key=b"other")
    assert ids.keyed_hash("s", key=b"k") != ids.keyed_hash("t", key=b"k")
    assert re.fullmatch(r"[0-9a-f]{64}", ids.keyed_hash("s", key=b"k"))


def test_a_keyed_hash_is_hmac_sha256() -> None:
    """RFC 4231, test case 2."""
    assert ids.keyed_hash("what do ya want for nothing?", key=b"Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("offered", ["a", "A.b_c-9", "x" * 64])
def test_a_well_formed_request_id_is_kept(offered: str) -> None:
    assert ids.request_id(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 65, "a b", "a\n", "ä", "a\x00", "a,b"])
def test_any_other_is_replaced(offered: str | None) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", ids.request_id(offered))
