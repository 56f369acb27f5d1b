"""How many rows a step takes."""

from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.erasure.rules import LEAST_ROWS, MOST_ROWS, STEP_SECONDS, Doomed, next_rows

ROWS = st.integers(LEAST_ROWS, MOST_ROWS)


@given(ROWS, st.floats(0, 60))
def test_a_step_is_never_too_large_nor_twice_as_large_as_before(rows: int, seconds: float) -> None:
    following = next_rows(rows, seconds)

    assert LEAST_ROWS <= following <= min(MOST_ROWS, 2 * rows)


def test_slow_steps_become_smaller_and_quick_ones_larger() -> None:
    assert next_rows(1000, 1.0) == 250
    assert next_rows(1000, STEP_SECONDS) == 1000
    assert next_rows(1000, STEP_SECONDS / 1.5) == 1500
    assert next_rows(1000, 0.001) == 2000
    assert next_rows(1000, 0.0) == 2000
    assert next_rows(200, 60.0) == LEAST_ROWS


def test_what_is_doomed_can_be_written_down() -> None:
    doomed = Doomed("users", 7, "user/7", row_stays=True)

    assert Doomed.read(doomed.written()) == doomed
