"""Keys of one secret: a different one for each purpose, and both secrets count while one is changed."""

import dataclasses
import hashlib
import hmac

import pytest

from wxcloudrun.secrecy import derived_keys
from wxcloudrun.secrecy.derived_keys import FORMER_KEYS, KEY_BYTES, Purpose, ServerKeys, derived, name_of

OLD, NEW = "the-old-secret-0123456789-abcdefghijk", "the-new-secret-0123456789-abcdefghijk"
NEW_PURPOSES = sorted(set(Purpose) - set(FORMER_KEYS))


def by_hand(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 as it is written, without a salt."""
    key, block, made = hmac.digest(bytes(32), secret, "sha256"), b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        made += block
    return made[:length]


def test_a_key_is_made_by_hkdf_with_sha256(monkeypatch: pytest.MonkeyPatch) -> None:
    # Test case 3 of RFC 5869 has neither salt nor info.
    monkeypatch.setattr(derived_keys, "CONTEXT", "")

    made = derived(bytes.fromhex("0b" * 22), "", 42)

    assert made.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@pytest.mark.parametrize("purpose", Purpose)
def test_a_key_is_made_of_the_secret_and_the_words_of_its_purpose(purpose: Purpose) -> None:
    newest = ServerKeys(NEW).ring(purpose).newest

    assert newest.value == by_hand(NEW.encode(), f"wxcloudrun: {purpose}".encode(), KEY_BYTES)


def test_no_two_purposes_share_a_key_and_none_has_the_secret_itself() -> None:
    keys = [ServerKeys(NEW).ring(purpose).newest.value for purpose in Purpose]

    assert len(set(keys)) == len(Purpose)
    assert NEW.encode() not in keys


def test_given_two_secrets_then_the_newer_makes_and_both_open() -> None:
    before, during = ServerKeys(OLD).ring(Purpose.API_KEYS), ServerKeys(NEW, OLD).ring(Purpose.API_KEYS)
    after = ServerKeys(NEW).ring(Purpose.API_KEYS)

    assert during.keep("wxr_key") == after.keep("wxr_key") != before.keep("wxr_key")
    assert during.fits("wxr_key", before.keep("wxr_key").value)
    assert not after.fits("wxr_key", before.keep("wxr_key").value)
    assert not during.fits("wxr_other", before.keep("wxr_key").value)


def test_given_what_the_secret_itself_has_hashed_then_it_fits_with_either() -> None:
    kept = hmac.digest(OLD.encode(), b"wxr_key", hashlib.sha256).hex()

    assert ServerKeys(OLD).ring(Purpose.API_KEYS).fits("wxr_key", kept)
    assert ServerKeys(NEW, OLD).ring(Purpose.API_KEYS).fits("wxr_key", kept)
    assert not ServerKeys(NEW).ring(Purpose.API_KEYS).fits("wxr_key", kept)


@pytest.mark.parametrize("purpose", NEW_PURPOSES)
def test_a_purpose_that_never_used_the_secret_itself_does_not_accept_it(purpose: Purpose) -> None:
    accepted = ServerKeys(NEW, OLD).ring(purpose).accepted

    assert [key.name for key in accepted] == [name_of(NEW.encode()), name_of(OLD.encode())]


def test_the_name_of_a_key_says_from_which_secret_it_is_and_fits_its_column() -> None:
    names = {ServerKeys(NEW).ring(purpose).newest.name for purpose in Purpose}

    assert names == {name_of(NEW.encode())} != {name_of(OLD.encode())}
    assert {len(name) for name in names} == {16}


def test_a_key_that_is_printed_does_not_show_itself() -> None:
    newest = ServerKeys(NEW).ring(Purpose.COOKIES).newest

    assert str(newest.value) not in repr(newest)
    assert {field.name for field in dataclasses.fields(newest) if field.repr} == {"name"}
