"""Who one is to npm: name, profile, keys; and the end of a key."""

import pytest

from tests.support.client import ApiClient
from tests.support.logins import SignedIn
from tests.support.registry import Workshop


class TestWhoOneIs:
    def test_given_anybody_then_there_is_somebody_to_talk_to(self, client: ApiClient) -> None:
        assert client.as_(None).get("/npm/whatever/-/ping").ok().data == {}
        assert client.as_("wxr_wrong").get("/npm/whatever/-/ping").ok().data == {}

    def test_given_a_reader_then_their_name_and_profile(self, shop: Workshop) -> None:
        base = f"/npm/{shop.project}/-"

        assert shop.reader.get(f"{base}/whoami").ok().data == {"username": shop.people["reader"].username}
        profile = shop.reader.get(f"{base}/npm/v1/user").ok().data
        assert (profile["name"], profile["email"]) == (
            shop.people["reader"].username, shop.people["reader"].email,
        )  # fmt: skip
        assert (profile["email_verified"], profile["tfa"]) == (False, None)

    @pytest.mark.parametrize("path", ["whoami", "npm/v1/user", "npm/v1/tokens"])
    def test_given_a_project_that_they_do_not_see_then_it_is_not_told_from_none(
        self, shop: Workshop, path: str
    ) -> None:
        hidden = shop.stranger.get(f"/npm/{shop.project}/-/{path}")
        absent = shop.stranger.get(f"/npm/absent/-/{path}")

        assert (hidden.status, absent.status) == (404, 404)
        assert hidden.body.replace(shop.project.encode(), b"absent") == absent.body
        assert shop.anonymous.get(f"/npm/{shop.project}/-/{path}").status == 401

    def test_given_a_public_project_then_nobody_is_nobody(self, client: ApiClient, ada: SignedIn) -> None:
        ada.call("PATCH", "/api/v1/project/tools", {"is_public": True}).ok()

        refused = client.as_(None).get("/npm/tools/-/whoami")

        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="registry"')


class TestKeys:
    def test_given_keys_then_they_are_listed_without_what_makes_them_keys(self, ada: SignedIn) -> None:
        made = ada.make_key(name="ci", project="tools")
        reading = ada.make_key(name="reader", scopes=["download"])

        listed = ada.call("GET", "/npm/tools/-/npm/v1/tokens").ok()

        assert [(each["name"], each["readonly"]) for each in listed.data["objects"]] == [
            ("reader", True), ("ci", False),
        ]  # fmt: skip
        assert [each["key"] for each in listed.data["objects"]] == [str(reading["id"]), str(made["id"])]
        assert made["key"].encode() not in listed.body
        assert listed.data["urls"] == {}

    def test_given_more_than_a_page_then_npm_is_told_where_they_go_on(self, ada: SignedIn) -> None:
        for number in range(3):
            ada.make_key(name=f"key {number}")

        first = ada.call("GET", "/npm/tools/-/npm/v1/tokens?limit=2").ok().data
        following = first["urls"]["next"]
        assert following.startswith("http")
        rest = ada.call("GET", "/npm/" + following.partition("/npm/")[2]).ok().data

        names = [each["name"] for page in (first, rest) for each in page["objects"]]
        assert names == ["key 2", "key 1", "key 0"]
        assert rest["urls"] == {}


class TestLogout:
    def test_given_the_presented_key_then_it_ends(self, client: ApiClient, ada: SignedIn) -> None:
        key = ada.make_key(project="tools")["key"]
        holder = client.as_(key)

        assert holder.delete(f"/npm/tools/-/user/token/{key}").ok().data == {"ok": True}

        assert holder.get("/npm/tools/-/whoami").status == 401
        assert holder.delete(f"/npm/tools/-/user/token/{key}").status == 401

    def test_given_another_key_of_ones_own_then_only_that_ends(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        mine, other = ada.make_key()["key"], ada.make_key()["key"]

        client.as_(mine).delete(f"/npm/tools/-/user/token/{other}").ok()

        assert client.as_(mine).get("/npm/tools/-/whoami").status == 200
        assert client.as_(other).get("/npm/tools/-/whoami").status == 401

    def test_given_somebody_elses_or_none_then_404_in_the_same_words(
        self, client: ApiClient, ada: SignedIn, root: SignedIn
    ) -> None:
        mine, theirs = ada.make_key()["key"], root.make_key()["key"]

        refused = [client.as_(mine).delete(f"/npm/tools/-/user/token/{each}") for each in (theirs, "wxr_no")]

        assert [each.status for each in refused] == [404, 404]
        assert refused[0].body == refused[1].body
        assert client.as_(theirs).get("/api/v1/auth/me").status == 200
