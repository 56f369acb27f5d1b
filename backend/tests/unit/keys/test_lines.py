"""Keys that stand on keys: what one has made goes with it, and nothing it makes is more than it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.inside import Inside
from tests.support.logins import SignedIn
from tests.support.moments import Clock
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.keys.service.lines import MOST_GENERATIONS
from wxcloudrun.kit.errors import Invalid

KEYS = "/api/v1/auth/keys"
ME = "/api/v1/auth/me"
EVERYTHING = ["read", "write", "admin"]


class KeyInHand:
    """A key in the hands of somebody."""

    def __init__(self, client: ApiClient, made: dict[str, Any]) -> None:
        self.made, self.id, self._client = made, made["id"], client

    def call(self, method: str, path: str, json: Any = None) -> Answer:
        """Send a request with it."""
        return self._client.request(
            method, path, json=json, headers={"Authorization": f"Bearer {self.made['key']}"}
        )

    @property
    def works(self) -> bool:
        """Whether it opens anything."""
        return self.call("GET", ME).status == 200

    def child(self, **wanted: Any) -> "KeyInHand":
        """Make a key with it."""
        return KeyInHand(self._client, self.call("POST", KEYS, {"name": "child", **wanted}).ok().data)

    def rotate(self, key: "KeyInHand", **wanted: Any) -> Answer:
        """Replace a key with it."""
        return self.call("POST", f"{KEYS}/{key.id}/rotate", wanted)

    def replaced(self, key: "KeyInHand", **wanted: Any) -> "KeyInHand":
        """Replace a key with it, and hold the new one."""
        return KeyInHand(self._client, self.rotate(key, **wanted).ok().data)

    def revoke(self, key: "KeyInHand") -> Answer:
        """Revoke a key with it."""
        return self.call("DELETE", f"{KEYS}/{key.id}")


@pytest.fixture
def key(client: ApiClient, ada: SignedIn) -> KeyInHand:
    """A key for reading and writing that Ada has made in a login."""
    return KeyInHand(client, ada.make_key(name="build"))


@pytest.fixture
def strong(client: ApiClient, ada: SignedIn) -> KeyInHand:
    """A key of hers that may do all that she may."""
    return KeyInHand(client, ada.make_key(name="strong", scopes=EVERYTHING))


# --- What goes with what ---------------------------------------------------------------------------


def test_given_a_revoked_key_then_all_generations_on_it_are_over(ada: SignedIn, key: KeyInHand) -> None:
    child, other = key.child(), key.child()
    grandchild = child.child()
    bystander = KeyInHand(ada.client, ada.make_key())

    ada.call("DELETE", f"{KEYS}/{key.id}").ok()

    assert [each.works for each in (key, child, other, grandchild)] == [False] * 4
    assert bystander.works
    assert [each["id"] for each in ada.call("GET", KEYS).items] == [bystander.id]


def test_given_a_revoked_child_then_its_parent_works(key: KeyInHand) -> None:
    child = key.child()
    grandchild = child.child()

    assert key.revoke(child).status == 204

    assert [each.works for each in (key, child, grandchild)] == [True, False, False]


def test_given_a_key_that_gives_itself_back_then_what_it_made_goes_too(key: KeyInHand) -> None:
    child = key.child()

    assert key.call("DELETE", "/api/v1/auth/token").status == 204

    assert not child.works


def test_given_a_key_that_ended_then_nothing_on_it_works(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    brief = KeyInHand(client, ada.make_key(expires_in_days=1))
    child = brief.child()
    time.advance(days=1)

    assert [brief.works, child.works] == [False, False]


def test_given_an_ended_login_then_the_keys_that_were_made_in_it_work(ada: SignedIn, key: KeyInHand) -> None:
    ada.call("POST", "/api/v1/auth/logout").ok()

    assert key.works


def test_lists_and_answers_name_the_parent(ada: SignedIn, key: KeyInHand) -> None:
    child = key.child()

    assert child.made["parent_id"] == key.id
    assert [each["parent_id"] for each in ada.call("GET", KEYS).items] == [key.id, None]


def test_given_many_generations_then_the_last_makes_none(ada: SignedIn, key: KeyInHand) -> None:
    line = [key]
    while len(line) < MOST_GENERATIONS:
        line.append(line[-1].child())

    refused = line[-1].call("POST", KEYS, {"name": "one too many"})

    assert (refused.status, refused.data["limit"]) == (403, MOST_GENERATIONS)
    ada.call("DELETE", f"{KEYS}/{key.id}").ok()
    assert not any(each.works for each in line)


# --- What a key may do to others -------------------------------------------------------------------


def test_a_key_without_the_scope_admin_does_nothing_to_keys_beside_it(
    ada: SignedIn, key: KeyInHand, strong: KeyInHand
) -> None:
    beside = KeyInHand(ada.client, ada.make_key(name="beside"))
    for other in (strong, beside):
        for refused in (key.revoke(other), key.rotate(other)):
            assert (refused.status, refused.data["needs_scope"]) == (403, "admin")
        assert other.works


def test_a_child_does_nothing_to_its_parent(key: KeyInHand) -> None:
    child = key.child()

    assert [child.revoke(key).status, child.rotate(key).status] == [403, 403]
    assert key.works


def test_a_key_with_the_scope_admin_revokes_others(key: KeyInHand, strong: KeyInHand) -> None:
    assert strong.revoke(key).status == 204
    assert not key.works


# --- Replacing -------------------------------------------------------------------------------------


def test_given_a_key_that_a_person_replaced_then_what_stood_on_it_ends_with_it(
    ada: SignedIn, key: KeyInHand, time: Clock
) -> None:
    child = key.child()

    new = KeyInHand(ada.client, ada.call("POST", f"{KEYS}/{key.id}/rotate", {"overlap_hours": 2}).ok().data)

    assert new.made["parent_id"] is None
    assert child.works
    time.advance(hours=2)
    assert [each.works for each in (key, child, new)] == [False, False, True]


def test_given_a_replaced_child_then_it_stands_on_the_same_parent(ada: SignedIn, key: KeyInHand) -> None:
    child = key.child()

    new = key.replaced(child)

    assert (new.made["parent_id"], child.works) == (key.id, False)
    ada.call("DELETE", f"{KEYS}/{key.id}").ok()
    assert not new.works


@pytest.mark.parametrize("by_a_key", [False, True])
def test_given_a_replaced_child_then_it_ends_no_later_than_its_parent(
    client: ApiClient, ada: SignedIn, strong: KeyInHand, time: Clock, *, by_a_key: bool
) -> None:
    parent = KeyInHand(client, strong.child(expires_in_days=10).made)
    child = parent.child(expires_in_days=9)
    time.advance(days=8)

    if by_a_key:
        new = strong.replaced(child)
    else:
        new = KeyInHand(client, client.post(f"{KEYS}/{child.id}/rotate", {}, headers=ada.browser).ok().data)

    assert (new.made["parent_id"], new.made["expires_at"]) == (parent.id, parent.made["expires_at"])
    time.advance(days=2)
    assert [parent.works, new.works] == [False, False]


def test_given_a_child_whose_parent_is_over_then_the_new_one_stands_on_the_next_above(
    strong: KeyInHand, time: Clock
) -> None:
    parent = strong.child(expires_in_days=10)
    child = parent.child()
    time.advance(days=10)

    new = strong.replaced(child)

    assert (new.made["parent_id"], new.works) == (strong.id, True)


def test_given_a_key_that_replaced_itself_when_the_old_one_is_revoked_then_both_are_over(
    ada: SignedIn, key: KeyInHand
) -> None:
    successor = key.replaced(key, overlap_hours=24)
    latest = successor.replaced(successor)

    ada.call("DELETE", f"{KEYS}/{key.id}").ok()

    assert [each.works for each in (key, successor, latest)] == [False] * 3


def test_given_a_key_that_replaced_itself_when_the_old_one_ends_by_itself_then_the_new_one_works(
    ada: SignedIn, key: KeyInHand, time: Clock
) -> None:
    successor = key.replaced(key, overlap_hours=1)
    time.advance(hours=1)

    assert [key.works, successor.works] == [False, True]
    ada.call("DELETE", f"{KEYS}/{key.id}").ok()
    assert successor.works, "to put an old key away says nothing against the new one"


def test_given_a_key_that_a_foreign_one_replaced_then_it_stands_on_that(
    ada: SignedIn, key: KeyInHand, strong: KeyInHand
) -> None:
    new = strong.replaced(key)

    assert new.made["parent_id"] == strong.id
    ada.call("DELETE", f"{KEYS}/{strong.id}").ok()
    assert not new.works


# --- How long keys last ----------------------------------------------------------------------------


def test_a_key_ends_after_ninety_days_unless_somebody_says_otherwise(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    usual, longer = (KeyInHand(client, ada.make_key(**wanted)) for wanted in ({}, {"expires_in_days": 91}))
    time.advance(days=90)

    assert [usual.works, longer.works] == [False, True]


@pytest.mark.parametrize(
    ("settings", "days", "lasts_days"),
    [
        ({"KEY_DAYS": "7"}, None, 7),
        ({"KEY_MOST_DAYS": "100"}, 100, 100),
        ({"KEY_MOST_DAYS": "0"}, 0, None),
        ({"KEY_MOST_DAYS": "0", "KEY_DAYS": "0"}, None, None),
    ],
)
def test_the_settings_say_how_long_keys_last(
    app_with: AppWith, settings: dict[str, str], days: int | None, lasts_days: int | None
) -> None:
    inside = Inside(app_with(**settings))
    ada = inside.person("ada").actor

    with inside.app.app_context():
        made = inside.service(KeyService).make(ada, KeySpec("x", expires_in_days=days)).view

    lasts = None if made.expires_at is None else made.expires_at - made.created_at
    assert lasts == (None if lasts_days is None else timedelta(days=lasts_days))


@pytest.mark.parametrize(("settings", "days"), [({"KEY_MOST_DAYS": "100"}, 101), ({}, 0)])
def test_given_a_longer_life_than_keys_have_then_it_is_refused(
    app_with: AppWith, settings: dict[str, str], days: int
) -> None:
    inside = Inside(app_with(**settings))
    ada = inside.person("ada").actor

    with inside.app.app_context(), pytest.raises(Invalid, match="must be 1 to"):
        inside.service(KeyService).make(ada, KeySpec("x", expires_in_days=days))


def test_given_a_key_from_before_without_an_end_then_it_has_none_and_its_successor_has_one(
    app: Flask, key: KeyInHand, time: Clock
) -> None:
    Inside(app).change(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=None))
    time.advance(days=4000)
    assert key.works

    new = key.replaced(key)

    time.advance(days=89)
    assert new.works
    time.advance(days=1)
    assert not new.works
