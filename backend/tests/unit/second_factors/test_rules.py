"""Codes of RFC 6238, and which are good when."""

import base64
from datetime import UTC, datetime

import pytest

from wxcloudrun.second_factors import rules

# Appendix B of RFC 6238, the last six of its eight digits, for SHA-1.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


def at(seconds: int) -> datetime:
    """Return a moment."""
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize("seconds", VECTORS)
def test_given_the_vectors_of_the_rfc_then_they_are_good(seconds: int) -> None:
    assert rules.step_of(SECRET, VECTORS[seconds], at(seconds), None) == seconds // 30


@pytest.mark.parametrize(
    ("drift", "is_good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_given_a_clock_that_differs_then_one_step_is_forgiven(drift: int, *, is_good: bool) -> None:
    now = at(1111111109 + drift)

    assert (rules.step_of(SECRET, "081804", now, None) is not None) == is_good


FULL_WIDTH = "\uff10\uff18\uff11\uff18\uff10\uff14"


@pytest.mark.parametrize("code", ["", "08180", "0818040", "081805", "abcdef", FULL_WIDTH, "\x00"])
def test_given_no_such_code_then_it_is_refused(code: str) -> None:
    assert rules.step_of(SECRET, code, at(1111111109), None) is None


def test_given_a_used_step_then_it_and_older_ones_are_good_no_more() -> None:
    step = 1111111109 // 30

    assert rules.step_of(SECRET, "081804", at(1111111109), step) is None
    assert rules.step_of(SECRET, "081804", at(1111111109), step + 1) is None
    assert rules.step_of(SECRET, "081804", at(1111111109), step - 1) == step


def test_given_a_step_that_a_wrong_clock_noted_then_nobody_is_locked_out() -> None:
    step = 1111111109 // 30

    assert rules.step_of(SECRET, "081804", at(1111111109), step + 1000) == step


def test_recovery_codes_are_long_and_typed_in_any_way() -> None:
    code = rules.new_recovery_code()

    assert len(rules.plain_recovery_code(code)) == 16
    assert rules.plain_recovery_code(code.upper().replace("-", " ")) == rules.plain_recovery_code(code)
    assert len({rules.new_recovery_code() for _ in range(100)}) == 100
