"""What happens between two requests: time, crashes, power cuts, other processes, other writers."""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests.support.builders import content, sha256
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin, Sending, row_of
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.errors import Gone
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs import continued_hash, file_writer
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.writing import Preempted, WrittenPart
from wxcloudrun.upload_sessions.models import UploadSession
from wxcloudrun.upload_sessions.service import completion, progress
from wxcloudrun.upload_sessions.service.entry import FENCE, SessionPlace
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService
from wxcloudrun.upload_sessions.service.parts import IncomingPart, PartService
from wxcloudrun.uploads.models import Upload
from wxcloudrun.web.endpoint import rows

NOTHING = {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def run[T](app: Flask, kind: type[T]) -> T:
    """Return a service of the application."""
    service: T = app.extensions["services"][kind]
    return service


def unfinished_file(app: Flask, sending: Sending) -> Path:
    """Return where the bytes lie until they are sealed."""
    return Path(app.extensions["settings"].data_dir) / "blobs" / "tmp" / row_of(app, sending).object_key


def place_of(shop: Workshop, sending: Sending) -> SessionPlace:
    """Return what a request of the writer asks for."""
    actor = Actor(shop.people["writer"].id, False, EVERY_SCOPE, CredentialKind.JWT)  # no administrator
    return SessionPlace(actor, shop.project, shop.package, sending.answer.data["id"])


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
def test_given_parts_in_order_then_the_digests_are_ready_when_the_last_has_come(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = begin()
    sending.put_all()
    assert row_of(app, sending).hashed_parts == 3

    monkeypatch.setattr(file_writer.FileWriter, "read", None)  # nothing is read again
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


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


def test_given_a_part_replaced_below_what_is_hashed_then_the_digests_begin_anew(
    app: Flask, begin: Begin
) -> None:
    sending = begin()
    for number, seed in ((1, 9), (2, 9), (3, 1)):
        data = sending.part(number) if seed == 1 else content(PART_BYTES, seed=seed)
        sending.put(number, data).ok()
    assert row_of(app, sending).hashed_parts == 3

    sending.put(2).ok()
    assert row_of(app, sending).hashed_parts in {0, 3}
    sending.put(1).ok()

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.parametrize("maker", ["OpenSSL 4.0;another start", None])
def test_given_a_state_that_another_library_or_start_has_made_then_the_bytes_are_read_again(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, maker: str | None
) -> None:
    sending = begin()
    sending.put(1).ok()
    for module in (continued_hash, progress):
        monkeypatch.setattr(module, "maker", lambda: maker)
    sending.put(2).ok()
    sending.put(3).ok()

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
@pytest.mark.parametrize("damage", ["the end is lost", "a hole is there"])
def test_given_a_power_cut_that_took_bytes_then_their_part_is_missing_again(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    sending = begin()
    sending.put_all()
    file = unfinished_file(app, sending)
    if damage == "the end is lost":
        file.write_bytes(file.read_bytes()[:-10] + bytes(10))
    else:
        with file.open("r+b") as opened:
            opened.seek(PART_BYTES + 5)
            opened.write(bytes(4096))
    for module in (continued_hash, progress):
        monkeypatch.setattr(module, "maker", lambda: "the same;after another start")

    refused = sending.complete()

    lost = 3 if damage == "the end is lost" else 2
    assert (refused.status, refused.reason, refused.data["missing"]) == (409, "parts_missing", [[lost, lost]])
    sending.put(lost).ok()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
def test_given_the_file_lost_then_the_upload_has_failed_and_says_so_for_good(
    app: Flask, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending, other = begin(), begin(seed=2)
    sending.put_all()
    for each in (sending, other):
        unfinished_file(app, each).unlink()

    assert [sending.complete().reason for _ in range(2)] == ["upload_lost", "upload_lost"]
    assert other.put(1).reason == "upload_lost"
    with app.app_context():
        run(app, SweepService).run()
    assert remains() == NOTHING


@pytest.mark.local_store
@pytest.mark.parametrize("step", ["seal", "accept"])
def test_given_a_step_that_fails_then_completing_again_goes_on(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, remains: Callable[[], dict[str, int]], step: str
) -> None:
    sending = begin()
    sending.put_all()

    def failing(*_: object, **__: object) -> None:
        raise StoreUnavailable(text("the store is away"))

    with monkeypatch.context() as patch:
        if step == "seal":
            patch.setattr(file_writer.FileWriter, "seal", failing)
        else:
            patch.setattr(completion.CompletionService, "_accept", failing)
        assert sending.complete().status == 503
    assert sending.look().data["state"] == "sealing"

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_a_request_that_completes_then_another_waits_and_takes_over_when_it_has_died(
    app: Flask, begin: Begin, time: Clock
) -> None:
    sending = begin()
    sending.put_all()
    with app.app_context(), transaction() as tx:
        held = {"state": "sealing", "fence": 1, "fenced_until": clock.now() + FENCE}
        tx.session.execute(update(UploadSession).values(held))

    waiting = sending.complete()
    assert (waiting.status, waiting.headers["Retry-After"]) == (202, "1")
    assert sending.client.delete(sending.url).status == 409
    time.advance(seconds=61)

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def test_given_a_fence_from_a_clock_that_was_years_ahead_then_the_session_still_ends(
    app: Flask, begin: Begin, time: Clock
) -> None:
    sending = begin()
    with app.app_context(), transaction() as tx:
        held = {"state": "sealing", "fence": 1, "fenced_until": clock.now() + timedelta(days=3650)}
        tx.session.execute(update(UploadSession).values(held))
    time.advance(days=2)

    with app.app_context():
        assert run(app, UploadExpiryService).run() == 1
    assert sending.look().data["state"] == "expired"


def test_given_the_upload_deleted_then_completing_again_is_refused_as_described(
    app: Flask, begin: Begin
) -> None:
    sending = begin()
    sending.put_all()
    sending.complete().ok()
    with app.app_context(), transaction() as tx:
        tx.session.execute(delete(Upload))

    assert (sending.complete().status, sending.complete().reason) == (410, "gone")
    assert Gone in rows(app)["upload_sessions.complete_upload_session"].errors


def test_given_two_that_send_the_same_part_then_the_later_counts_and_the_other_is_told(
    app: Flask, shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    sending.put(2).ok()
    sending.put(3).ok()

    def stalling() -> Iterator[bytes]:
        yield bytes(PART_BYTES // 2)
        sending.put(1).ok()
        yield bytes(PART_BYTES - PART_BYTES // 2)

    part = IncomingPart(1, stalling(), lambda: NOTHING_SAID)
    with app.test_request_context(), pytest.raises(Preempted):
        run(app, PartService).take(place_of(shop, sending), part)

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


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


def test_given_a_known_part_sent_again_and_replaced_meanwhile_then_the_sender_is_told(
    app: Flask, shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    sending.put(1).ok()

    def stalling() -> Iterator[bytes]:
        yield sending.part(1)
        sending.put(1, content(PART_BYTES, seed=9)).ok()

    said = Checksums(sha256=sha256(sending.part(1)))
    part = IncomingPart(1, stalling(), lambda: said, announced_bytes=PART_BYTES)
    with app.test_request_context(), pytest.raises(Preempted):
        run(app, PartService).take(place_of(shop, sending), part)
