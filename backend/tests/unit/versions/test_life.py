"""The life of a version: what may follow what, and that nothing else does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.kit.errors import Conflict
from wxcloudrun.versions.models import ERROR_CHARACTERS, LIFE, Status, Step, Version

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PACKAGE_ID = 7


def version(status: Status = Status.CREATED) -> Version:
    """A version in a state, with what it has there."""
    row = Version(package_id=PACKAGE_ID, version="1.0.0", status=Status.CREATED.value, files_count=0)
    if status is Status.FAILED:
        row.fail("no bytes")
    elif status is not Status.CREATED:
        row.fill(NOW)
    if status is Status.ACTIVATED:
        row.activate(NOW)
    return row


def take(row: Version, step: Step) -> None:
    """Let something happen to a version."""
    match step:
        case Step.FILL:
            row.fill(NOW)
        case Step.EMPTY:
            row.uncount_file()
        case Step.FAIL:
            row.fail("no bytes")
        case Step.RETRY:
            row.retry()
        case Step.ACTIVATE:
            row.activate(NOW)
        case Step.DEACTIVATE:
            row.deactivate()


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("step", Step)
def test_a_step_leads_where_the_table_says_or_is_refused_and_changes_nothing(
    status: Status, step: Step
) -> None:
    row = version(status)
    before = (row.status, row.files_count, row.error, row.activated_in, row.activated_at)

    if (status, step) in LIFE:
        take(row, step)
        assert row.status == LIFE[status, step].value
    else:
        with pytest.raises(Conflict) as refused:
            take(row, step)
        assert refused.value.facts["status"] == status.value
        assert (row.status, row.files_count, row.error, row.activated_in, row.activated_at) == before


@given(st.lists(st.sampled_from(list(Step)), max_size=12))
def test_whatever_happens_the_columns_agree_with_the_status(steps: list[Step]) -> None:
    row = version()
    for step in steps:
        had = row.files_count
        try:
            take(row, step)
        except Conflict:
            continue
        has_bytes = row.status in {Status.DOWNLOADED.value, Status.ACTIVATED.value}
        assert row.files_count == has_bytes
        assert had in (0, row.files_count) or step is Step.EMPTY, "nothing else takes bytes away"
        assert (row.activated_in == PACKAGE_ID) == (row.status == Status.ACTIVATED.value)
        assert row.activated_in in (None, PACKAGE_ID)
        assert (row.error is not None) == (row.status == Status.FAILED.value)


def test_every_status_can_be_reached_and_left() -> None:
    reached = {Status.CREATED, *LIFE.values()}

    assert reached == set(Status)
    assert {status for status, _ in LIFE} == set(Status)


def test_a_long_error_is_cut_to_what_its_column_takes() -> None:
    row = version()

    row.fail("x" * 5000)

    assert row.error == "x" * ERROR_CHARACTERS
