"""Who may go on with a session, and what its token opens."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, update

from tests.support.client import ApiClient
from tests.support.moments import Clock
from tests.support.registry import PersonMaker, Workshop, workshop
from tests.unit.upload_sessions.conftest import Begin
from wxcloudrun.kit.db import db, transaction
from wxcloudrun.users.models import User


def test_a_session_belongs_to_whoever_may_write_there_and_nobody_else_learns_of_it(
    shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    other = shop.new_package()
    elsewhere = sending.url.replace(f"/{shop.package}/", f"/{other}/")
    guessed = sending.url[:-1] + ("0" if sending.url[-1] != "0" else "1")

    assert shop.maintainer.put(f"{sending.url}/parts/1", sending.part(1)).status == 200
    for who, status in ((shop.reader, 403), (shop.stranger, 404), (shop.anonymous, 401)):
        for answer in (
            who.get(sending.url),
            who.put(f"{sending.url}/parts/1", sending.part(1)),
            who.post(f"{sending.url}/complete", {}),
            who.delete(sending.url),
            who.get(guessed),
        ):
            assert answer.status == status
    unknown = shop.writer.get(guessed)
    for url in (elsewhere, f"{elsewhere}/parts/1", guessed):
        answer = shop.writer.put(url, b"x") if "parts" in url else shop.writer.get(url)
        assert (answer.status, answer.msg) == (404, unknown.msg)


def test_given_the_right_to_write_taken_away_then_the_session_is_gone_for_its_maker_and_its_token(
    shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    token = shop.anonymous.as_(sending.answer.data["token"])
    assert token.get(sending.url).status == 200

    shop.owner.delete(f"/api/v1/project/{shop.project}/members/{shop.people['writer'].id}").ok()

    assert [each.get(sending.url).status for each in (shop.writer, token)] == [404, 404]


def test_the_token_opens_its_session_and_nothing_else(
    app: Flask, shop: Workshop, begin: Begin, time: Clock
) -> None:
    sending, other = begin(), begin(seed=2)
    token: ApiClient = shop.anonymous.as_(sending.answer.data["token"])

    time.advance(hours=3)  # an access token is long over
    for number in (1, 2, 3):
        assert token.put(f"{sending.url}/parts/{number}", sending.part(number)).status == 200
    assert token.get(sending.url).status == 200
    assert token.get(sending.url).data["token"] is None
    refused = [
        (token.get(other.url), 404),
        (token.put(f"{other.url}/parts/1", other.part(1)), 404),
        (token.get("/api/v1/auth/me"), 403),
        (token.get(shop.url("/uploads")), 403),
        (token.post(shop.url("/uploads/sessions"), {"filename": "a", "size": 1}), 403),
        (shop.anonymous.as_(sending.answer.data["token"] + "x").get(sending.url), 401),
    ]
    assert [answer.status for answer, _ in refused] == [status for _, status in refused]
    assert token.post(f"{sending.url}/complete", {}).status == 200

    with app.app_context(), transaction() as tx:
        tx.session.execute(update(User).where(User.id == shop.people["writer"].id).values(is_active=False))
    assert token.get(sending.url).status == 401


def test_the_list_of_sessions_is_no_upload_that_could_be_deleted(shop: Workshop) -> None:
    told = shop.writer.request("OPTIONS", shop.url("/uploads/sessions"))

    assert set(told.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.one_process
def test_a_guessed_and_a_foreign_session_cost_the_same_statements(
    app: Flask, client: ApiClient, shop: Workshop, make_person: PersonMaker, begin: Begin
) -> None:
    own, foreign = begin(), workshop(client, make_person)
    wanted = {"filename": "a", "size": 5}
    other = foreign.writer.post(foreign.url("/uploads/sessions"), wanted).ok().data["id"]
    ended = shop.writer.post(shop.url("/uploads/sessions"), wanted).ok().data["url"]
    shop.writer.delete(ended)
    urls = {
        "guessed": shop.url(f"/uploads/sessions/{'0' * 32}"),
        "foreign": shop.url(f"/uploads/sessions/{other}"),
    }
    asked: dict[str, list[str]] = {}
    for name, url in urls.items():
        for method in ("GET", "DELETE"):
            with statements_of(app) as statements:
                assert shop.writer.request(method, url).status == 404
            asked[f"{name} {method}"] = statements

    assert asked["guessed GET"] == asked["foreign GET"] != []
    assert asked["guessed DELETE"] == asked["foreign DELETE"] != []
    with statements_of(app) as invisible:
        assert shop.stranger.get(own.url).status == 404
    with statements_of(app) as absent:
        assert shop.stranger.get(own.url.replace(shop.project, "nowhere")).status == 404
    with statements_of(app) as over:
        assert shop.stranger.get(ended).status == 404
    assert invisible == absent == over


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """Note the statements that the database is asked."""
    noted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        noted.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)
