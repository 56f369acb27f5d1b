"""What happens between two requests of a tus client: time, crashes, power cuts, other writers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.builders import content, sha256
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.tus.conftest import Tus, checksum, metadata
from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.kit.errors import Interrupted
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs import continued_hash
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.writing import Preempted
from wxcloudrun.upload_sessions import rules
from wxcloudrun.upload_sessions.errors import SessionEnded, SessionGone
from wxcloudrun.upload_sessions.models import UploadSession
from wxcloudrun.upload_sessions.service import appends, progress
from wxcloudrun.upload_sessions.service.appends import AppendService, IncomingBytes
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import FENCE, SessionPlace
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService

MIB = 1024 * 1024
DATA = content(3 * MIB, seed=5)
NOTHING = {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record what comes so often that a few MiB are many pieces."""
    monkeypatch.setattr(appends, "next_cut", lambda position, _cell: (position // MIB + 1) * MIB)


def run[T](app: Flask, kind: type[T]) -> T:
    """Return a service of the application."""
    service: T = app.extensions["services"][kind]
    return service


def row_of(app: Flask, url: str) -> UploadSession:
    """Return the row of an upload."""
    with app.app_context(), reading() as session:
        wanted = select(UploadSession).where(UploadSession.public_id == url.rpartition("/")[2])
        return session.execute(wanted).scalar_one()


def place_of(shop: Workshop, url: str) -> SessionPlace:
    """Return what a request of the writer asks for."""
    actor = Actor(shop.people["writer"].id, False, EVERY_SCOPE, CredentialKind.JWT)  # no administrator
    return SessionPlace(actor, shop.project, shop.package, url.rpartition("/")[2], is_appended=True)


def in_blocks(data: bytes, size_bytes: int = 64 * 1024) -> Iterator[bytes]:
    """Yield bytes as a server reads them."""
    for start in range(0, len(data), size_bytes):
        yield data[start : start + size_bytes]


def breaking_off(data: bytes) -> Iterator[bytes]:
    """Yield bytes of a connection that ends behind them."""
    yield from in_blocks(data)
    raise Interrupted(text("the body ended before the announced length"))


def append(
    app: Flask, place: SessionPlace, offset: int, blocks: Iterator[bytes], said: Checksums = NOTHING_SAID
) -> None:
    """Append as a request does, without one."""
    with app.app_context():
        run(app, AppendService).append(place, IncomingBytes(offset, blocks, said=said))


def test_given_a_connection_that_breaks_then_what_has_come_stays(
    app: Flask, shop: Workshop, tus: Tus
) -> None:
    url = tus.create(len(DATA))
    with pytest.raises(Interrupted):
        append(app, place_of(shop, url), 0, breaking_off(DATA[: MIB + 100_000]))

    assert tus.offset(url) == MIB + 100_000
    assert tus.patch(url, MIB + 100_000, DATA[MIB + 100_000 :]).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_a_checksum_when_the_connection_breaks_then_nothing_has_come(
    app: Flask, shop: Workshop, tus: Tus
) -> None:
    url = tus.create(len(DATA))
    with pytest.raises(Interrupted):
        append(app, place_of(shop, url), 0, breaking_off(DATA[: 2 * MIB]), Checksums(sha1="0" * 40))

    assert tus.offset(url) == 0
    assert tus.patch(url, 0, DATA, checksum(DATA)).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_a_process_that_dies_in_a_body_then_its_last_piece_is_lost_and_no_other(
    app: Flask, shop: Workshop, tus: Tus
) -> None:
    def dying() -> Iterator[bytes]:
        yield from in_blocks(DATA[: 2 * MIB + 500_000])
        raise SystemExit

    url = tus.create(len(DATA))
    with pytest.raises(SystemExit):
        append(app, place_of(shop, url), 0, dying())

    assert tus.offset(url) == 2 * MIB
    assert tus.patch(url, 2 * MIB, DATA[2 * MIB :]).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_a_stalled_request_when_another_appends_then_the_stalled_one_changes_nothing(
    app: Flask, shop: Workshop, tus: Tus
) -> None:
    url = tus.create(len(DATA))

    def stalled() -> Iterator[bytes]:
        yield bytes(500_000)
        assert tus.offset(url) == 0, "asking does not wait, and disturbs nobody"
        yield bytes(MIB)
        assert tus.offset(url) == MIB
        tus.patch(url, MIB, DATA[MIB : 2 * MIB]).ok()
        yield bytes(MIB)

    with pytest.raises(Preempted):
        append(app, place_of(shop, url), 0, stalled())

    last = tus.patch(url, 2 * MIB, DATA[2 * MIB :])
    assert last.headers["X-Artifact-Id"] == sha256(bytes(MIB) + DATA[MIB:])


@pytest.mark.parametrize("maker", ["OpenSSL 4.0;another start", None])
def test_given_a_state_that_another_start_has_made_then_the_bytes_are_read_again(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, maker: str | None
) -> None:
    url = tus.create(len(DATA))
    tus.patch(url, 0, DATA[:MIB]).ok()
    for module in (continued_hash, progress):
        monkeypatch.setattr(module, "maker", lambda: maker)

    tus.patch(url, MIB, DATA[MIB : MIB + 5]).ok()

    assert tus.patch(url, MIB + 5, DATA[MIB + 5 :]).headers["X-Artifact-Id"] == sha256(DATA)


@pytest.mark.local_store
def test_given_a_power_cut_that_took_bytes_then_the_upload_goes_on_before_them(
    app: Flask, tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.create(len(DATA))
    tus.patch(url, 0, DATA[: 2 * MIB]).ok()
    for module in (continued_hash, progress):
        monkeypatch.setattr(module, "maker", lambda: "OpenSSL 3.0;another start")
    folder = Path(app.extensions["settings"].data_dir) / "blobs" / "tmp"
    with (folder / row_of(app, url).object_key).open("r+b") as file:
        file.seek(MIB + 4096)
        file.write(bytes(4096))

    noticed = tus.patch(url, 2 * MIB, DATA[2 * MIB :])

    assert (noticed.status, noticed.reason) == (409, "parts_missing")
    assert tus.offset(url) == MIB
    assert tus.patch(url, MIB, DATA[MIB:]).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_all_bytes_and_nothing_accepted_when_asked_then_it_is_accepted(
    app: Flask, shop: Workshop, tus: Tus, remains: Callable[[], dict[str, int]]
) -> None:
    url = tus.create(len(DATA), metadata(tag="stable"))
    append(app, place_of(shop, url), 0, in_blocks(DATA))
    assert remains()["uploads"] == 0

    head = tus.head(url)

    assert (head.status, head.headers["Upload-Offset"]) == (200, str(len(DATA)))
    assert shop.download("stable").body == DATA
    assert tus.head(url).status == 200
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_a_store_that_fails_at_the_end_when_asked_again_then_it_goes_on(
    tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.create(len(DATA))
    with monkeypatch.context() as patched:

        def failing(*_: object) -> None:
            raise StoreUnavailable(text("the store does not answer; try again"))

        patched.setattr(CompletionService, "_measured_and_sealed", failing)
        assert tus.patch(url, 0, DATA).status == 503
        assert tus.head(url).status == 503

    again = tus.patch(url, len(DATA), b"")
    assert (again.status, again.headers["X-Artifact-Id"]) == (204, sha256(DATA))


def test_given_another_request_that_completes_then_423_and_later_it_is_accepted(
    app: Flask, shop: Workshop, tus: Tus, time: Clock
) -> None:
    url = tus.create(len(DATA))
    append(app, place_of(shop, url), 0, in_blocks(DATA))
    with app.app_context(), transaction() as tx:
        values = {"state": "sealing", "fence": 1, "fenced_until": time.now() + FENCE}
        tx.session.execute(update(UploadSession).values(values))

    assert {tus.head(url).status, tus.patch(url, len(DATA), b"").status} == {423}
    time.advance(minutes=2)

    assert tus.head(url).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_a_version_that_is_taken_then_the_refusal_is_no_conflict_of_offsets(
    shop: Workshop, tus: Tus
) -> None:
    shop.upload(b"other bytes", version="1.0.0").ok()
    url = tus.create(len(DATA), metadata(version="1.0.0"))

    refused = tus.patch(url, 0, DATA)

    assert (refused.status, refused.reason) == (422, "version_taken")
    assert tus.head(url).status == 422, "a client must not believe that it is done"
    assert tus.send("DELETE", url).status == 204


def test_given_uploads_that_nobody_goes_on_with_then_nothing_stays(
    app: Flask, tus: Tus, time: Clock, remains: Callable[[], dict[str, int]]
) -> None:
    url = tus.create(len(DATA))
    tus.patch(url, 0, DATA[:MIB]).ok()
    tus.partial(DATA[:MIB])
    tus.location(tus.post({"Upload-Defer-Length": "1"}, data=DATA[:5]))
    time.advance(hours=25)

    with app.app_context():
        assert run(app, UploadExpiryService).run() == 3

    assert tus.head(url).status == 410
    assert remains() == NOTHING


def test_given_too_many_pieces_then_the_refusal_says_what_to_do(
    tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_PARTS", 2)
    url = tus.create(10)
    for offset in (0, 1):
        tus.patch(url, offset, b"x").ok()

    assert tus.patch(url, 2, b"x").status == 413
    assert tus.offset(url) == 2


def test_given_a_stalled_request_when_all_has_come_and_is_sealed_then_its_rest_ends_nothing(
    app: Flask, shop: Workshop, tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tus.create(len(DATA))

    def failing(*_: object, **__: object) -> None:
        raise StoreUnavailable(text("the store is away"))

    def stalling() -> Iterator[bytes]:
        yield DATA[:1000]
        with monkeypatch.context() as patch:
            patch.setattr(CompletionService, "_accept", failing)
            assert tus.patch(url, 0, DATA).status == 503
        yield DATA[1000:]

    with pytest.raises((Preempted, SessionEnded)):
        append(app, place_of(shop, url), 0, stalling())

    assert tus.offset(url) == len(DATA)
    assert row_of(app, url).state == "done"


def test_given_an_upload_given_up_while_bytes_come_then_their_sender_is_told_that_it_is_gone(
    app: Flask, shop: Workshop, tus: Tus
) -> None:
    url = tus.create(len(DATA))

    def given_up() -> Iterator[bytes]:
        yield from in_blocks(DATA[: MIB + 1000])
        assert tus.send("DELETE", url).status == 204
        yield from in_blocks(DATA[MIB + 1000 :])

    with pytest.raises(SessionGone):
        append(app, place_of(shop, url), 0, given_up())
