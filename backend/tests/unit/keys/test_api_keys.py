"""API keys: what programs present, no stronger than who made them, shown once."""

from typing import Any

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.logins import AddUser, LogIn, SignedIn, add_project
from tests.support.moments import Clock
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.projects.models import Project

KEYS = "/api/v1/auth/keys"
ME = "/api/v1/auth/me"


def with_key(client: ApiClient, key: str, method: str = "GET", path: str = ME, json: Any = None) -> Answer:
    return client.request(method, path, json=json, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def ada_shop(app: Flask, ada: SignedIn) -> int:
    """Ada's private project."""
    return add_project(app, "shop", ada.user_id)


# --- Making and showing ----------------------------------------------------------------------------


def test_a_key_is_shown_once_and_lists_show_its_beginning(ada: SignedIn) -> None:
    made = ada.make_key(name="build server")

    assert made["key"].startswith("wxr_")
    assert len(made["key"]) >= 4 + 43, "256 bits"
    listed = ada.call("GET", KEYS).data
    assert listed["next_cursor"] is None
    expected = {name: value for name, value in made.items() if name != "key"}
    assert listed["items"] == [expected]
    assert set(expected) == {
        "id", "name", "prefix", "scopes", "project", "created_at", "created_by", "parent_id", "expires_at",
        "last_used_at",
    }  # fmt: skip
    assert made["key"].startswith(made["prefix"])
    assert len(made["prefix"]) == 12
    assert (expected["scopes"], expected["project"], expected["parent_id"]) == (["read", "write"], None, None)


def test_keys_are_listed_newest_first_in_pages(ada: SignedIn) -> None:
    ids = [ada.make_key(name=f"key {number}")["id"] for number in range(3)]

    first = ada.call("GET", f"{KEYS}?limit=2").data
    second = ada.call("GET", f"{KEYS}?limit=2&cursor={first['next_cursor']}").data

    assert [key["id"] for key in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_nobody_sees_or_revokes_the_keys_of_others(ada: SignedIn, add_user: AddUser, log_in: LogIn) -> None:
    made = ada.make_key()
    add_user("bob@example.com")
    bob = log_in("bob@example.com")

    assert bob.call("GET", KEYS).items == []
    assert bob.call("DELETE", f"{KEYS}/{made['id']}").status == 404
    assert bob.call("POST", f"{KEYS}/{made['id']}/rotate", {}).status == 404
    assert with_key(ada.client, made["key"]).status == 200


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "x", "expires_in_days": -1}, "expires_in_days"),
        ({"name": "x", "expires_in_days": 3651}, "expires_in_days"),
        ({"name": "x", "expires_in_days": "1"}, "expires_in_days"),
        ({"name": "x", "project": "Größe"}, "project"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_validation_names_the_field(ada: SignedIn, body: dict[str, Any], field: str) -> None:
    answer = ada.call("POST", KEYS, body)

    assert answer.status == 422
    assert answer.data["errors"][0]["field"] == field


# --- Using -----------------------------------------------------------------------------------------


def test_a_key_is_its_owner_as_bearer_and_as_basic_password(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key()["key"]

    assert with_key(client, key).data["id"] == ada.user_id
    for name in ("__token__", "ada@example.com", ""):
        assert client.get(ME, auth=(name, key)).data["id"] == ada.user_id


def test_a_password_is_no_basic_credential(client: ApiClient, ada: SignedIn) -> None:
    assert client.get(ME, auth=("ada@example.com", ada.access_token)).status == 401
    assert client.get(ME, auth=("ada@example.com", "correct horse battery staple")).status == 401


@pytest.mark.same_everywhere
def test_a_tampered_key_is_refused(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key()["key"]

    for tampered in (
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        key + "A",
        key[:-1],
        key.swapcase(),
        key[:12],
    ):
        assert with_key(client, tampered).status == 401


def test_a_key_ends_when_it_was_meant_to(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    made = ada.make_key(expires_in_days=1)
    time.advance(hours=23)
    assert with_key(client, made["key"]).status == 200
    time.advance(hours=1)

    assert with_key(client, made["key"]).status == 401


def test_a_revoked_key_is_refused_at_the_next_request(client: ApiClient, ada: SignedIn) -> None:
    made = ada.make_key()
    assert with_key(client, made["key"]).status == 200

    answer = ada.call("DELETE", f"{KEYS}/{made['id']}")

    assert (answer.status, answer.body) == (204, b"")
    assert with_key(client, made["key"]).status == 401
    assert ada.call("GET", KEYS).items == []
    assert ada.call("DELETE", f"{KEYS}/{made['id']}").status == 404


@pytest.mark.same_everywhere
@pytest.mark.parametrize("key_id", ["0", "999", "x", "-1", "1.0", "9" * 30])
def test_a_key_that_is_not_there_is_404(ada: SignedIn, key_id: str) -> None:
    assert ada.call("DELETE", f"{KEYS}/{key_id}").status == 404


def test_use_is_noted_once_a_minute(app: Flask, client: ApiClient, ada: SignedIn, time: Clock) -> None:
    made = ada.make_key()
    seen = []
    for seconds in (0, 30, 31):
        time.advance(seconds=seconds)
        with_key(client, made["key"])
        with app.app_context(), reading() as session:
            seen.append(session.get_one(ApiKey, made["id"]).last_used_at)

    assert seen[0] is not None
    assert seen[1] == seen[0]
    assert seen[2] == time.now()


def test_a_key_can_give_itself_back(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key(scopes=["read"])["key"]

    assert with_key(client, key, "DELETE", "/api/v1/auth/token").status == 204
    assert with_key(client, key).status == 401


# --- Scopes ----------------------------------------------------------------------------------------


def test_a_key_does_only_what_its_scopes_say(client: ApiClient, root: SignedIn) -> None:
    reads = root.make_key(scopes=["read"])["key"]
    writes = root.make_key(scopes=["write"])["key"]
    administers = root.make_key(scopes=["admin"])["key"]

    refused = with_key(client, reads, "POST", KEYS, {"name": "x"})
    assert (refused.status, refused.data["needs_scope"]) == (403, "write")
    assert with_key(client, reads, "GET", KEYS).status == 200
    assert with_key(client, writes, "GET", KEYS).status == 403
    assert with_key(client, writes, "GET", "/api/v1/users").status == 403
    assert with_key(client, administers, "GET", "/api/v1/users").status == 200


def test_the_admin_scope_makes_nobody_an_administrator(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key(scopes=["read", "write", "admin"])["key"]

    assert with_key(client, key, "GET", "/api/v1/users").status == 403


def test_a_key_makes_no_key_with_other_scopes(client: ApiClient, ada: SignedIn) -> None:
    writes = ada.make_key(scopes=["write"])["key"]

    refused = with_key(client, writes, "POST", KEYS, {"name": "x", "scopes": ["write", "admin"]})
    made = with_key(client, writes, "POST", KEYS, {"name": "x"})

    assert (refused.status, refused.data["needs_scope"]) == (403, "admin")
    assert (made.status, made.data["scopes"]) == (200, ["write"])


def test_a_key_makes_no_key_that_outlives_it(client: ApiClient, ada: SignedIn) -> None:
    parent = ada.make_key(expires_in_days=10)

    refused = with_key(client, parent["key"], "POST", KEYS, {"name": "x", "expires_in_days": 11})
    shorter = with_key(client, parent["key"], "POST", KEYS, {"name": "x", "expires_in_days": 9})
    unsaid = with_key(client, parent["key"], "POST", KEYS, {"name": "x"})

    assert refused.status == 403
    assert shorter.data["expires_at"] < parent["expires_at"]
    assert unsaid.data["expires_at"] == parent["expires_at"]


# --- Binding to a project --------------------------------------------------------------------------


def test_a_key_can_be_bound_to_a_project_that_the_caller_sees(ada: SignedIn, ada_shop: int) -> None:
    assert ada_shop
    assert ada.make_key(project="shop")["project"] == "shop"
    assert ada.call("GET", KEYS).items[0]["project"] == "shop"


def test_an_invisible_project_is_as_absent_as_one_that_is_not_there(
    app: Flask, ada: SignedIn, add_user: AddUser
) -> None:
    add_project(app, "secret", add_user("bob@example.com"))

    answers = [ada.call("POST", KEYS, {"name": "x", "project": name}) for name in ("secret", "absent")]

    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].msg.replace("secret", "absent") == answers[1].msg


def test_a_bound_key_makes_keys_of_the_same_binding_only(
    app: Flask, client: ApiClient, ada: SignedIn, ada_shop: int
) -> None:
    assert ada_shop
    add_project(app, "other", ada.user_id)
    bound = ada.make_key(project="shop")["key"]

    made = with_key(client, bound, "POST", KEYS, {"name": "x"})
    refused = with_key(client, bound, "POST", KEYS, {"name": "x", "project": "other"})

    assert made.data["project"] == "shop"
    assert refused.status == 404


def test_a_bound_key_sees_and_revokes_keys_of_its_binding_only(
    client: ApiClient, ada: SignedIn, ada_shop: int
) -> None:
    assert ada_shop
    free = ada.make_key()
    bound = ada.make_key(project="shop")

    listed = with_key(client, bound["key"], "GET", KEYS).items

    assert [key["id"] for key in listed] == [bound["id"]]
    assert with_key(client, bound["key"], "DELETE", f"{KEYS}/{free['id']}").status == 404
    assert with_key(client, bound["key"], "POST", f"{KEYS}/{free['id']}/rotate", {}).status == 404


def test_a_bound_key_of_an_administrator_administers_nothing(
    app: Flask, client: ApiClient, root: SignedIn
) -> None:
    add_project(app, "shop", root.user_id)
    bound = root.make_key(project="shop", scopes=["read", "write", "admin"])["key"]

    assert with_key(client, bound, "GET", "/api/v1/users").status == 403


def test_a_bound_key_goes_with_its_project(
    app: Flask, client: ApiClient, ada: SignedIn, ada_shop: int
) -> None:
    bound = ada.make_key(project="shop")["key"]
    with app.app_context(), transaction() as tx:
        tx.session.delete(tx.session.get_one(Project, ada_shop))

    assert with_key(client, bound).status == 401


# --- Replacing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("json", [None, {}, {"overlap_hours": 0}])
def test_a_replaced_key_is_over_at_once(client: ApiClient, ada: SignedIn, json: Any) -> None:
    old = ada.make_key(name="build", scopes=["read"])

    answer = ada.call("POST", f"{KEYS}/{old['id']}/rotate", json)

    new = answer.data
    assert answer.status == 200
    assert (new["name"], new["scopes"], new["project"]) == ("build", ["read"], None)
    assert new["key"] != old["key"]
    assert with_key(client, old["key"]).status == 401
    assert with_key(client, new["key"]).status == 200


def test_both_keys_work_during_the_overlap(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    old = ada.make_key()
    new = ada.call("POST", f"{KEYS}/{old['id']}/rotate", {"overlap_hours": 2}).data

    time.advance(hours=1, minutes=59)
    assert [with_key(client, each["key"]).status for each in (old, new)] == [200, 200]
    time.advance(minutes=1)
    assert [with_key(client, each["key"]).status for each in (old, new)] == [401, 200]


def test_an_overlap_does_not_lengthen_a_life_and_the_new_key_lasts_as_long_as_the_old_one_did(
    ada: SignedIn, time: Clock
) -> None:
    old = ada.make_key(expires_in_days=2)
    time.advance(days=1, hours=23)

    new = ada.call("POST", f"{KEYS}/{old['id']}/rotate", {"overlap_hours": 5}).data

    listed = {key["id"]: key["expires_at"] for key in ada.call("GET", KEYS).items}
    assert listed[old["id"]] == old["expires_at"]
    time.advance(days=2)
    assert new["expires_at"] == clock.rfc3339(time.now())


def test_a_key_gets_no_stronger_one_by_replacing_it(client: ApiClient, ada: SignedIn) -> None:
    everything = ["read", "write", "admin"]
    strong = ada.make_key(scopes=everything)
    weak = ada.make_key(scopes=["read", "admin"], expires_in_days=1)
    lasting = ada.make_key(scopes=["read"])

    refused = with_key(client, weak["key"], "POST", f"{KEYS}/{strong['id']}/rotate", {})
    unscoped = with_key(client, weak["key"], "POST", f"{KEYS}/{lasting['id']}/rotate", {})
    brief = ada.make_key(scopes=everything, expires_in_days=1)
    shortened = with_key(client, brief["key"], "POST", f"{KEYS}/{lasting['id']}/rotate", {})

    assert [answer.status for answer in (refused, unscoped)] == [403, 403]
    assert with_key(client, strong["key"]).status == 200, "a refusal changes nothing"
    assert shortened.data["expires_at"] == brief["expires_at"]
