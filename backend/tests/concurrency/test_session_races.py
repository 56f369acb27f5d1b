"""Sessions that many begin, send and complete at once, on each stack."""

import itertools
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.support.builders import content, numbers, sha256
from tests.support.site import Site
from wxcloudrun.kit.checksums import NOTHING_SAID
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.stores.blobs.metered import MeasuredWriter
from wxcloudrun.upload_sessions import queries
from wxcloudrun.upload_sessions.models import UploadSession
from wxcloudrun.upload_sessions.service import completion
from wxcloudrun.upload_sessions.service.begin import MOST_OPEN
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import SessionPlace

PART_BYTES = 256 * 1024
SECONDS = float(os.environ.get("RACE_SECONDS", "8"))  # 60 for a long look
BUSY = frozenset({409, 503})


def begun(site: Site, package: str, size: int, **options: Any) -> dict[str, Any]:
    """Begin a session as the administrator."""
    wanted = {"filename": "a.bin", "size": size, "part_bytes": PART_BYTES}
    data: dict[str, Any] = site.admin.post(f"{package}/uploads/sessions", wanted, **options).ok().data
    return data


def test_given_the_same_beginning_many_times_at_once_then_there_is_one_session_and_nothing_is_left(
    stacked: Site,
) -> None:
    package, key = stacked.new_package(f"same-{next(numbers)}"), {"Idempotency-Key": f"key-{next(numbers)}"}
    with ThreadPoolExecutor(6) as pool:
        sessions = list(pool.map(lambda _: begun(stacked, package, 600_000, headers=key), range(6)))

    assert len({each["id"] for each in sessions}) == 1
    assert stacked.admin.delete(sessions[0]["url"]).status == 204
    stacked.sweep_to_the_end()
    assert stacked.lease_keys() == set()
    assert stacked.keys() == stacked.artifact_keys()


def test_given_many_beginnings_at_once_then_nobody_has_more_than_they_may(stacked: Site) -> None:
    package = stacked.new_package(f"many-{next(numbers)}")
    wanted = {"filename": "a.bin", "size": 10}

    def begin(_: int) -> Any:
        return stacked.admin.post(f"{package}/uploads/sessions", wanted)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(begin, range(MOST_OPEN + 10)))
    taken = [each.data["url"] for each in answers if each.status == 201]
    for url in taken:
        assert stacked.admin.delete(url).status == 204

    assert len(taken) == MOST_OPEN
    assert {each.status for each in answers} == {201, 429}


def test_given_a_store_that_takes_long_to_seal_then_nobody_else_begins_to(
    stacked: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = f"slow-{next(numbers)}"
    package, data = stacked.new_package(project), content(600_000, seed=next(numbers))
    session = begun(stacked, package, len(data))
    for number in (1, 2, 3):
        part = data[(number - 1) * PART_BYTES : number * PART_BYTES]
        stacked.admin.put(f"{session['url']}/parts/{number}", part).ok()
    place = SessionPlace(Actor(1, True, EVERY_SCOPE, CredentialKind.JWT), project, "package", session["id"])
    seal, renewed = MeasuredWriter.seal, list[bool]()
    monkeypatch.setattr(completion, "RENEW_SECONDS", 0.05)

    def fence() -> object:
        with stacked.app.app_context(), reading() as opened:
            return opened.query(UploadSession.fenced_until).filter_by(public_id=session["id"]).scalar()

    def slowly(writer: MeasuredWriter, parts: Any) -> None:
        before, deadline = in_thread(fence), time.monotonic() + 10
        while in_thread(fence) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        renewed.append(in_thread(fence) != before)
        seal(writer, parts)

    monkeypatch.setattr(MeasuredWriter, "seal", slowly)
    with stacked.app.test_request_context():
        completed = stacked.service(CompletionService).complete(place, NOTHING_SAID)

    assert renewed == [True]
    assert completed is not None
    assert completed.accepted.upload.digest == sha256(data)


def in_thread(ask: Any) -> object:
    """Ask in a thread, which has a database session of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


@pytest.mark.slow
def test_given_two_that_write_one_session_for_a_while_with_stalls_then_the_result_is_what_the_winners_wrote(
    stacked: Site,
) -> None:
    package, deadline = stacked.new_package(f"two-{next(numbers)}"), time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < deadline:
        session, parts = begun(stacked, package, 4 * PART_BYTES - 77), 4
        sizes = [PART_BYTES] * (parts - 1) + [PART_BYTES - 77]

        def write(seed: int, session: dict[str, Any] = session, sizes: list[int] = sizes) -> None:
            dice = random.Random(seed)
            for number, size in itertools.chain(*[enumerate(sizes, 1)] * 2):
                data = content(size, seed=dice.randrange(10**6))
                put_stalling(stacked, f"{session['url']}/parts/{number}", data, dice)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, (rounds * 2, rounds * 2 + 1)))
        for number in missing_of(stacked, session["url"]):
            rest = content(sizes[number - 1], seed=number)
            stacked.admin.put(f"{session['url']}/parts/{number}", rest).ok()
        winners = {n: digest_of_part(stacked, session["url"], n) for n in range(1, parts + 1)}
        done = stacked.admin.post(f"{session['url']}/complete", {}).ok().data
        answer = stacked.admin.get(f"{package}/+/{done['sha256']}")
        assert answer.status == 200, answer.status
        whole = answer.body
        pieces = [whole[(n - 1) * PART_BYTES : n * PART_BYTES] for n in range(1, parts + 1)]

        assert sha256(whole) == done["sha256"]
        assert {n: sha256(piece) for n, piece in enumerate(pieces, 1)} == winners
        rounds += 1
    assert rounds


def put_stalling(site: Site, url: str, data: bytes, dice: random.Random) -> None:
    """Send a part with a stall in the middle; being overtaken is no failure."""
    cut, pause = dice.randrange(len(data)), dice.uniform(0, 0.03)

    def blocks() -> Any:
        yield data[:cut]
        time.sleep(pause)
        yield data[cut:]

    answer = requests.put(
        site.server.url + url, data=blocks(), headers={"Authorization": f"Bearer {site.token}"}, timeout=60
    )
    assert answer.status_code == 200 or answer.status_code in BUSY, answer.text


def missing_of(site: Site, url: str) -> list[int]:
    """Return the parts that have not come."""
    runs = site.admin.get(url).ok().data["missing"]
    return [number for first, last in runs for number in range(first, last + 1)]


def digest_of_part(site: Site, url: str, number: int) -> str:
    """Return the digest of a part, as the database has it."""
    public_id = url.rpartition("/")[2]
    with site.app.app_context(), reading() as opened:
        row = opened.query(UploadSession).filter_by(public_id=public_id).one()
        part = queries.part(opened, row.id, number)
    return "" if part is None else str(part.sha256)
