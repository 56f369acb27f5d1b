"""What somebody has begun and not ended: the list of it, and the limit that names it."""

from typing import Any

from flask import Flask

from tests.support import builders
from tests.support.builders import content
from tests.support.client import ApiClient
from tests.support.registry import PersonMaker, Workshop, workshop
from tests.unit.tus.conftest import VERSION, Tus
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin
from wxcloudrun.kit.security import Scope
from wxcloudrun.upload_sessions.service.begin import MOST_NAMED, MOST_OPEN

SIZE = 600_000
LIST = "/uploads/sessions"


def listed(who: ApiClient, shop: Workshop, package: str | None = None) -> list[dict[str, Any]]:
    """Return the caller's unfinished uploads in a package."""
    url = shop.url(LIST) if package is None else shop.url(LIST, package=package)
    items: list[dict[str, Any]] = who.get(url).ok().data["items"]
    return items


def of_tus(shop: Workshop, package: str | None = None) -> Tus:
    """Return a tus client of the writer."""
    return Tus(shop.writer, f"/tus/{shop.project}/{package or shop.package}")


def fill(begin: Begin) -> None:
    """Begin as many uploads as somebody may have."""
    for number in range(MOST_OPEN):
        assert begin(10, seed=number, filename=f"{number}.bin").answer.status == 201


def test_given_uploads_in_parts_and_of_tus_then_both_are_listed_with_what_has_come(
    shop: Workshop, begin: Begin
) -> None:
    parted = begin(SIZE, filename="parts.bin", version="1.0.0", tag="stable")
    for number in (1, 3):  # the last part is shorter
        parted.put(number).ok()
    tus = of_tus(shop)
    appended = tus.create(1000)
    tus.patch(appended, 0, content(400, seed=7)).ok()
    unsaid = tus.location(tus.post({"Upload-Defer-Length": "1"}))

    items = listed(shop.writer, shop)

    session = parted.look().ok().data
    assert [each["url"] for each in items] == [unsaid, appended, parted.url]
    assert items[2] == {
        "id": session["id"], "filename": "parts.bin", "version": "1.0.0", "tag": "stable", "size": SIZE,
        "received_bytes": PART_BYTES + SIZE - 2 * PART_BYTES, "state": "open", "protocol": "parts",
        "created_at": session["created_at"], "expires_at": session["expires_at"], "url": parted.url,
    }  # fmt: skip
    assert [(each["protocol"], each["size"], each["received_bytes"]) for each in items[:2]] == [
        ("tus", None, 0), ("tus", 1000, 400)
    ]  # fmt: skip


def test_given_uploads_that_ended_then_only_the_others_are_listed_and_each_url_gives_its_own_up(
    shop: Workshop, begin: Begin
) -> None:
    done, given_up, left = begin(seed=1), begin(seed=2), begin(seed=3)
    done.put_all()
    done.complete().ok()
    shop.writer.delete(given_up.url)
    tus = of_tus(shop).create(5)

    assert [each["url"] for each in listed(shop.writer, shop)] == [tus, left.url]
    for each in listed(shop.writer, shop):
        assert shop.writer.request("DELETE", each["url"], headers=VERSION).status == 204
    assert listed(shop.writer, shop) == []


def test_the_list_has_pages_and_ends(shop: Workshop, begin: Begin) -> None:
    urls = [begin(10, seed=number).url for number in range(3)]

    first = shop.writer.get(shop.url(f"{LIST}?limit=2")).ok().data
    last = shop.writer.get(shop.url(f"{LIST}?limit=2&cursor={first['next_cursor']}")).ok().data

    assert [each["url"] for each in [*first["items"], *last["items"]]] == urls[::-1]
    assert last["next_cursor"] is None


def test_nobody_sees_what_others_have_begun_and_no_package_shows_another(
    shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    other = shop.new_package()

    assert [listed(who, shop) for who in (shop.owner, shop.maintainer, shop.reader)] == [[], [], []]
    assert listed(shop.writer, shop, other) == []
    assert [who.get(shop.url(LIST)).status for who in (shop.stranger, shop.anonymous)] == [404, 401]
    token = shop.anonymous.as_(sending.answer.data["token"])
    assert token.get(shop.url(LIST)).status == 403


def test_given_as_many_as_there_may_be_then_the_refusal_names_those_that_waited_longest(
    shop: Workshop, begin: Begin
) -> None:
    fill(begin)

    refused = begin(10).answer
    named = refused.data["sessions"]

    assert (refused.status, refused.reason, refused.data["limit"]) == (429, "too_many_uploads", MOST_OPEN)
    assert "Retry-After" not in refused.headers, "waiting does not help"
    assert [each["filename"] for each in named] == [f"{number}.bin" for number in range(MOST_NAMED)]
    assert {(each["project"], each["package"]) for each in named} == {(shop.project, shop.package)}
    assert shop.writer.get(named[0]["url"]).ok().data["id"] == named[0]["id"]
    shop.writer.delete(named[0]["url"])
    assert begin(10).answer.status == 201


def test_given_as_many_as_there_may_be_then_tus_is_refused_too_and_others_are_not(
    shop: Workshop, begin: Begin
) -> None:
    fill(begin)

    refused = of_tus(shop).post({"Upload-Length": "5"})

    assert (refused.status, refused.body.partition(b":")[0]) == (429, b"too_many_uploads")
    assert shop.owner.post(shop.url(LIST), {"filename": "a.bin", "size": 10}).status == 201


def test_given_uploads_that_a_credential_may_not_see_then_the_refusal_does_not_name_them(
    app: Flask, client: ApiClient, shop: Workshop, begin: Begin, make_person: PersonMaker
) -> None:
    fill(begin)
    elsewhere = workshop(client, make_person)
    writer = shop.people["writer"]
    elsewhere.let_in(writer.email, "writer")
    reads, writes = Scope.READ, Scope.WRITE
    bound = builders.key(app, writer.actor, frozenset({reads, writes}), project=elsewhere.project)
    blind = builders.key(app, writer.actor, frozenset({writes}))
    wanted = {"filename": "a.bin", "size": 10}

    refused = [shop.anonymous.as_(key).post(elsewhere.url(LIST), wanted) for key in (bound, blind)]

    assert [(each.status, each.data["sessions"]) for each in refused] == [(429, []), (429, [])]
    assert len(shop.writer.post(elsewhere.url(LIST), wanted).data["sessions"]) == MOST_NAMED
