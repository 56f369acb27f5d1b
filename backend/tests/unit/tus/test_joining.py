"""Final uploads that are asked for at the same time, or again after their maker has died."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from tests.support.client import Answer
from tests.support.moments import Clock
from tests.unit.tus.conftest import Tus
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.tus.models import Kind, TusUpload
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession
from wxcloudrun.upload_sessions.service.appends import AppendService
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import FENCE, SessionPlace
from wxcloudrun.upload_sessions.service.joining import JoiningService

ONE = {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def raising(*_: object) -> None:
    """Fail as a database does that has gone away."""
    raise OperationalError("UPDATE", {}, Exception("gone"))


def while_joining(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> None:
    """Do something once, when the first bytes of a join have been read."""
    blocks = JoiningService.blocks

    def interrupted(service: JoiningService, places: Sequence[SessionPlace]) -> Iterator[bytes]:
        monkeypatch.setattr(JoiningService, "blocks", blocks)
        source = blocks(service, places)
        yield next(source)
        then()
        yield from source

    monkeypatch.setattr(JoiningService, "blocks", interrupted)


def test_given_two_who_join_the_same_then_one_waits_and_both_have_one_upload(
    app: Flask, tus: Tus, monkeypatch: pytest.MonkeyPatch, remains: Callable[[], dict[str, int]]
) -> None:
    partials = [tus.partial(b"aaa"), tus.partial(b"bbb")]
    meanwhile: list[Answer] = []
    while_joining(
        monkeypatch,
        lambda: meanwhile.extend([tus.final(*partials, tag="t"), tus.final(*reversed(partials))]),
    )

    first = tus.final(*partials, tag="t")
    again = tus.final(*partials, tag="t")

    assert [each.status for each in meanwhile] == [423, 422]
    assert int(meanwhile[0].headers["Retry-After"]) > 0
    assert tus.location(first) == tus.location(again)
    assert remains() == ONE
    with app.app_context(), reading() as session:
        partial = select(TusUpload.session_id).where(TusUpload.kind == Kind.PARTIAL.value)
        left = select(func.count()).where(SessionPart.session_id.in_(partial))
        assert session.execute(left).scalar_one() == 0, "nothing is kept of what was used up"


def test_given_another_who_has_it_accepted_first_then_nothing_is_left_of_what_was_joined(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, remains: Callable[[], dict[str, int]]
) -> None:
    partials = [tus.partial(b"aaa"), tus.partial(b"bbb")]
    complete, answers = CompletionService.complete, list[Answer]()

    def overtaken(_service: CompletionService, _place: SessionPlace, _said: Checksums) -> None:
        monkeypatch.setattr(CompletionService, "complete", complete)
        answers.append(tus.final(*partials))

    monkeypatch.setattr(CompletionService, "complete", overtaken)
    answers.insert(0, tus.final(*partials))

    assert [each.status for each in answers] == [423, 201]
    assert remains() == ONE


def test_given_a_failure_behind_the_acceptance_then_that_stands_and_who_asks_again_uses_up_the_parts(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, remains: Callable[[], dict[str, int]]
) -> None:
    partials = [tus.partial(b"aaa"), tus.partial(b"bbb")]
    monkeypatch.setattr(JoiningService, "use_up", raising)
    first = tus.final(*partials)
    monkeypatch.undo()
    assert (first.status, remains()["leases"]) == (201, len(partials))

    again = tus.final(*partials)

    assert (again.status, tus.location(again)) == (201, tus.location(first))
    assert remains() == ONE


def test_given_a_process_that_dies_while_it_joins_then_others_wait_for_its_fence_and_join_again(
    app: Flask,
    tus: Tus,
    time: Clock,
    monkeypatch: pytest.MonkeyPatch,
    remains: Callable[[], dict[str, int]],
) -> None:
    def dying(*_: object) -> None:
        raise SystemExit

    partials = [tus.partial(b"aaa"), tus.partial(b"bbb")]
    with monkeypatch.context() as patch:
        patch.setattr(AppendService, "append", dying)
        with pytest.raises(SystemExit):
            tus.final(*partials)
    with app.app_context(), transaction() as tx:
        final = select(TusUpload.session_id).where(TusUpload.kind == Kind.FINAL.value)
        held = update(UploadSession).where(UploadSession.id.in_(final))
        tx.session.execute(held.values(fenced_until=clock.now() + FENCE))

    waiting = tus.final(*partials)
    time.advance(seconds=FENCE.total_seconds() + 1)
    joined = tus.final(*partials)

    assert waiting.status == 423
    assert joined.status == 201
    assert joined.headers["Upload-Offset"] == "6"
    assert remains() == ONE


def test_given_a_join_that_was_refused_then_the_same_can_be_joined_under_another_name(tus: Tus) -> None:
    taken = tus.create(5, {"Upload-Metadata": "version MS4wLjA="})
    tus.patch(taken, 0, b"other").ok()
    partials = [tus.partial(b"aaa"), tus.partial(b"bbb")]

    refused = tus.final(*partials, version="1.0.0")
    joined = tus.final(*partials, version="1.0.1")

    assert (refused.status, joined.status) == (422, 201)


def test_given_an_upload_named_twice_then_nothing_is_joined(
    tus: Tus, remains: Callable[[], dict[str, int]]
) -> None:
    partial = tus.partial(b"aaa")

    assert tus.final(partial, partial).status == 400
    assert tus.offset(partial) == 3
    assert remains()["uploads"] == 0
