"""Requests that come to life again when others have gone on: they must not end what those have made."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin, Sending
from tests.unit.upload_sessions.test_survival import place_of, run, unfinished_file
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.kit.checksums import NOTHING_SAID
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs import file_writer
from wxcloudrun.stores.blobs.port import ObjectMissing, StoreUnavailable
from wxcloudrun.stores.blobs.writing import Fence, Preempted, WrittenPart
from wxcloudrun.upload_sessions.errors import SessionEnded, SessionGone, UploadLost
from wxcloudrun.upload_sessions.rules import MIB
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.parts import IncomingPart, PartService

CELL_BYTES = 5 * MIB  # what S3 takes as it is, and refuses once the object is there
ONE = {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def seal_and_fail_behind_it(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let completing get as far as the sealed object."""

    def failing(*_: object, **__: object) -> None:
        raise StoreUnavailable(text("the store is away"))

    with monkeypatch.context() as patch:
        patch.setattr(CompletionService, "_accept", failing)
        assert sending.complete().status == 503


def test_given_a_late_part_when_the_object_is_sealed_then_the_part_is_refused_and_nothing_else_happens(
    app: Flask,
    shop: Workshop,
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
    remains: Callable[[], dict[str, int]],
) -> None:
    sending = begin(CELL_BYTES + 1000, part_bytes=CELL_BYTES)
    first, second = sending.data[:CELL_BYTES], sending.data[CELL_BYTES:]

    def stalling() -> Iterator[bytes]:
        yield first[:1000]
        sending.put(1, first).ok()
        sending.put(2, second).ok()
        seal_and_fail_behind_it(sending, monkeypatch)
        yield first[1000:]

    part = IncomingPart(1, stalling(), lambda: NOTHING_SAID)
    with app.test_request_context(), pytest.raises((Preempted, SessionEnded)):
        run(app, PartService).take(place_of(shop, sending), part)

    assert sending.look().data["state"] == "sealing"
    with app.app_context():
        run(app, SweepService).run()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)
    assert remains() == ONE


@pytest.mark.local_store
@pytest.mark.parametrize("meanwhile", ["sealed", "sent again"])
def test_given_a_late_part_that_finds_no_unfinished_file_then_it_loses_nothing(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    sending = begin()
    really_put = file_writer.FileWriter.put

    def late(
        writer: file_writer.FileWriter, offset: int, blocks: Iterable[bytes], fence: Fence
    ) -> WrittenPart:
        monkeypatch.setattr(file_writer.FileWriter, "put", really_put)
        sending.put_all()
        if meanwhile == "sealed":
            seal_and_fail_behind_it(sending, monkeypatch)
            return writer.put(offset, blocks, fence)
        raise ObjectMissing(writer.state.key)

    monkeypatch.setattr(file_writer.FileWriter, "put", late)
    refused = sending.put(1)

    assert refused.reason == {"sealed": "session_ended", "sent again": "preempted"}[meanwhile]
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.local_store
def test_given_one_who_completes_and_was_overtaken_then_what_it_misses_ends_nothing(
    begin: Begin, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = begin()
    sending.put_all()
    really_seal = file_writer.FileWriter.seal

    def overtaken(writer: file_writer.FileWriter, _: Sequence[WrittenPart]) -> None:
        monkeypatch.setattr(file_writer.FileWriter, "seal", really_seal)
        time.advance(seconds=61)
        sending.complete().ok()
        raise ObjectMissing(writer.state.key)

    monkeypatch.setattr(file_writer.FileWriter, "seal", overtaken)

    assert sending.complete().status == 202
    assert sending.look().data["state"] == "done"


@pytest.mark.local_store
def test_given_a_file_that_is_gone_then_the_latest_sender_says_so(
    app: Flask, shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    unfinished_file(app, sending).unlink()
    part = IncomingPart(1, iter([sending.part(1)]), lambda: NOTHING_SAID, announced_bytes=PART_BYTES)

    with app.test_request_context(), pytest.raises(UploadLost):
        run(app, PartService).take(place_of(shop, sending), part)

    assert sending.look().data["state"] == "failed"


def test_given_a_session_given_up_while_a_part_comes_then_its_sender_is_told_that_it_is_gone(
    app: Flask, shop: Workshop, begin: Begin
) -> None:
    sending = begin()

    def given_up() -> Iterator[bytes]:
        yield sending.part(1)[:1000]
        sending.client.delete(sending.url).ok()
        yield sending.part(1)[1000:]

    part = IncomingPart(1, given_up(), lambda: NOTHING_SAID)
    with app.test_request_context(), pytest.raises(SessionGone):
        run(app, PartService).take(place_of(shop, sending), part)


@pytest.mark.local_store
def test_given_a_session_given_up_while_parts_behind_a_gap_are_read_then_nothing_failed(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sending = begin()
    sending.put_all(1)
    read = file_writer.FileWriter.read

    def ended(writer: file_writer.FileWriter, parts: Sequence[WrittenPart]) -> Iterator[bytes] | None:
        if parts:
            sending.client.delete(sending.url).ok()
        return read(writer, parts)

    monkeypatch.setattr(file_writer.FileWriter, "read", ended)
    sending.put(1).ok()

    assert sending.look().data["state"] == "aborted"
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []
