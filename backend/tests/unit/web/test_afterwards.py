"""What nobody waits for is done behind the answer, whatever becomes of the answer."""

import json
from collections.abc import Callable

import pytest
from flask import Flask, Response

from tests.support.client import ApiClient
from tests.support.logged import Log
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.texts import text
from wxcloudrun.web.afterwards import after_answer
from wxcloudrun.web.envelope import no_content, ok

Replace = Callable[[Callable[[], Response]], None]


@pytest.fixture
def replace(probe: Flask, monkeypatch: pytest.MonkeyPatch) -> Replace:
    """Put another function behind a URL."""
    return lambda view: monkeypatch.setitem(probe.view_functions, "probe.nothing", view)


def passing() -> Response:
    """Answer bytes as a download does: the server takes the body as it is."""
    return Response(iter([b"bytes"]), direct_passthrough=True, headers={"X-Artifact-Id": "x"})


def refusing() -> Response:
    """Refuse."""
    raise Conflict(text("no"))


def failing() -> Response:
    """Fail by a defect."""
    raise RuntimeError


@pytest.mark.parametrize("answer", [ok, no_content, passing, refusing, failing])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_given_any_answer_then_the_work_is_done_once_it_has_gone_out(
    probing: ApiClient, replace: Replace, method: str, answer: Callable[[], Response]
) -> None:
    done: list[str] = []

    def view() -> Response:
        after_answer(lambda: done.append("first"))
        after_answer(lambda: done.append("second"))
        assert done == []
        return answer()

    replace(view)
    probing.request(method, "/probe/nothing")

    assert done == ["first", "second"]


def test_given_work_that_fails_then_the_answer_and_other_work_do_not(
    probing: ApiClient, replace: Replace, log: Log
) -> None:
    done: list[str] = []

    def view() -> Response:
        after_answer(failing)
        after_answer(lambda: done.append("other"))
        return ok()

    replace(view)

    assert probing.get("/probe/nothing").status == 200
    assert done == ["other"]
    assert len(log.of("work_after_answer_failed")) == 1
    assert "RuntimeError" in json.dumps(log.of("work_after_answer_failed"))


def test_the_work_may_ask_the_database(probing: ApiClient, replace: Replace) -> None:
    asked: list[bool] = []

    def work() -> None:
        with reading() as session:
            asked.append(session.in_transaction())

    def view() -> Response:
        after_answer(work)
        return ok()

    replace(view)
    probing.get("/probe/nothing").ok()

    assert asked == [True]
