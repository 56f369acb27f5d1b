"""Parts behind a gap: read again when it has closed, by one request at a time, each compared if need be."""

import fcntl
from collections.abc import Iterator, Sequence

import pytest
from flask import Flask

from tests.support.builders import content, sha256
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin, row_of
from tests.unit.upload_sessions.test_survival import unfinished_file
from wxcloudrun.stores.blobs import file_writer
from wxcloudrun.stores.blobs.writing import WrittenPart
from wxcloudrun.upload_sessions.service import progress


@pytest.fixture
def every_part_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be worth while to read a single part again."""
    monkeypatch.setattr(progress, "LEAST_BYTES_AT_ONCE", 1)


@pytest.fixture
def parts_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many parts are read again at a time."""
    counts, read = list[int](), file_writer.FileWriter.read

    def noted(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        if parts:
            counts.append(len(parts))
        return read(writer, parts)

    monkeypatch.setattr(file_writer.FileWriter, "read", noted)
    return counts


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_parts_out_of_order_then_those_behind_the_gap_are_hashed_when_it_closes(
    app: Flask, begin: Begin
) -> None:
    sending = begin(1_500_000)
    for number in (6, 5, 3, 2):
        sending.put(number).ok()
    assert row_of(app, sending).hashed_parts == 0

    sending.put(1).ok()
    assert row_of(app, sending).hashed_parts == 3
    sending.put(4).ok()

    assert row_of(app, sending).hashed_parts == 6
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_many_parts_behind_a_gap_then_a_request_reads_some_and_the_next_goes_on(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MOST_PARTS_AT_ONCE", 2)
    sending = begin(8 * PART_BYTES)
    for number in (7, 6, 5, 4, 3, 2):
        sending.put(number).ok()

    hashed = []
    for number in (1, 8, 5):
        sending.put(number).ok()
        hashed.append(row_of(app, sending).hashed_parts)

    assert hashed == [3, 5, 7]
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_the_first_part_sent_anew_again_and_again_then_little_is_read_each_time(
    begin: Begin, parts_read: list[int]
) -> None:
    sending = begin(40 * PART_BYTES)
    sending.put_all()
    assert parts_read == []

    for seed in (7, 8, 9):
        sending.put(1, content(PART_BYTES, seed=seed)).ok()

    assert parts_read == [progress.MOST_PARTS_AT_ONCE] * 3
    sending.put(1).ok()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
def test_given_little_behind_a_gap_then_it_is_read_when_it_is_worth_it_or_nothing_else_comes(
    app: Flask, begin: Begin, parts_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LEAST_BYTES_AT_ONCE", 3 * PART_BYTES)
    sending = begin(6 * PART_BYTES)

    read_by_then = []
    for number in (2, 1, 3, 4, 6, 5):
        sending.put(number).ok()
        read_by_then.append(sum(parts_read))

    assert read_by_then == [0, 0, 0, 3, 3, 5]
    assert row_of(app, sending).hashed_parts == 6
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_large_parts_then_as_few_are_read_at_once_as_have_a_bound_of_bytes(
    begin: Begin, parts_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MOST_BYTES_AT_ONCE", 3 * PART_BYTES - 1)
    sending = begin(5 * PART_BYTES)
    sending.put_all(1)
    sending.put(1).ok()

    monkeypatch.setattr(progress, "MOST_BYTES_AT_ONCE", 1)
    sending.put(1).ok()

    assert parts_read == [2, 1]


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_somebody_who_reads_behind_a_gap_then_nobody_else_reads_in_the_same_session(
    begin: Begin, parts_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, other = begin(), begin(seed=2)
    read = file_writer.FileWriter.read
    for each in (sending, other):
        each.put_all(1)

    def interrupted(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        if parts:
            monkeypatch.setattr(file_writer.FileWriter, "read", read)
            sending.put(3).ok()
            assert parts_read == []
            other.put(1).ok()
            assert parts_read == [2]
        return read(writer, parts)

    monkeypatch.setattr(file_writer.FileWriter, "read", interrupted)
    sending.put(1).ok()

    assert parts_read == [2, 2]
    for each in (sending, other):
        assert each.complete().ok().data["sha256"] == sha256(each.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_another_process_that_reads_behind_a_gap_then_this_one_leaves_it_to_that(
    app: Flask, begin: Begin, parts_read: list[int]
) -> None:
    sending = begin()
    sending.put_all(1)
    with unfinished_file(app, sending).open("rb") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        sending.put(1).ok()
        assert parts_read == []

    sending.put(3).ok()

    assert parts_read == [2]
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_a_part_replaced_and_put_back_while_it_is_read_then_what_was_read_does_not_count(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = begin()
    read = file_writer.FileWriter.read
    sending.put_all(1)

    def overtaken(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        monkeypatch.setattr(file_writer.FileWriter, "read", read)
        sending.put(3, content(len(sending.part(3)), seed=9)).ok()
        blocks = list(read(writer, parts))
        sending.put(3).ok()
        yield from blocks

    monkeypatch.setattr(file_writer.FileWriter, "read", overtaken)
    sending.put(1).ok()

    assert row_of(app, sending).hashed_parts == 1
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_somebody_who_completes_while_it_is_read_behind_a_gap_then_nothing_is_complained_of(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sending = begin()
    read, answers = file_writer.FileWriter.read, []
    sending.put_all(1)

    def overtaken(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        if parts:
            monkeypatch.setattr(file_writer.FileWriter, "read", read)
            answers.append(sending.complete().ok())
        return read(writer, parts)

    monkeypatch.setattr(file_writer.FileWriter, "read", overtaken)
    sending.put(1).ok()

    assert [each.data["sha256"] for each in answers] == [sha256(sending.data)]
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


@pytest.mark.local_store
@pytest.mark.usefixtures("every_part_counts")
def test_given_a_part_replaced_while_it_is_read_behind_a_gap_then_the_digests_are_of_what_is_there(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = begin()
    read, replaced = file_writer.FileWriter.read, list[int]()
    sending.put(2).ok()
    sending.put(3, content(len(sending.part(3)), seed=9)).ok()

    def overtaken(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        blocks = list(read(writer, parts))
        replaced.append(sending.put(3).status)
        yield from blocks

    with monkeypatch.context() as patch:
        patch.setattr(file_writer.FileWriter, "read", overtaken)
        sending.put(1).ok()
    assert replaced == [200]

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)
