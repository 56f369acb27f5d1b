"""What happens between two requests: time, crashes, power cuts, other processes, other writers."""

from collections.abc import Callable, Iterator
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
from wxcloudrun.stores.blobs.writing import Preempted
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


@pytest.mark.local_store
def test_given_parts_in_order_then_the_digests_are_ready_when_the_last_has_come(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = begin()
    sending.put_all()
    assert row_of(app, sending).hashed_parts == 3

    monkeypatch.setattr(file_writer.FileWriter, "read", None)  # nothing is read again
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


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
