"""The same bytes are stored once; what an answer says about that is only what its caller may see."""

from collections.abc import Callable

from flask import Flask

from tests.support import builders
from tests.support.builders import Person, sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop, workshop
from wxcloudrun.kit.security import Scope

DATA = b"bytes that several packages hold"
URL = f"/api/v1/artifact/{sha256(DATA)}"


class TestCounting:
    def test_given_each_kind_of_reference_then_each_counts_once(self, shop: Workshop) -> None:
        assert shop.upload(DATA, "plain.bin").ok().data["ref_count"] == 1, "a bare upload"
        assert shop.upload(DATA, tag="a").ok().data["ref_count"] == 2, "a tag and no second upload"
        assert shop.upload(DATA, version="1.0").ok().data["ref_count"] == 3, "a version"
        assert shop.upload(DATA, tag="b", version="2.0").ok().data["ref_count"] == 5

    def test_given_references_that_go_then_the_count_goes_down(self, shop: Workshop) -> None:
        bare = shop.upload(DATA, "plain.bin").ok().data["id"]
        shop.upload(DATA, tag="a", version="1.0").ok()

        shop.writer.delete(shop.url("/tags/a")).ok()
        assert shop.reader.get(URL).data["ref_count"] == 2
        shop.maintainer.delete(shop.url("/versions/1.0")).ok()
        assert shop.reader.get(URL).data["ref_count"] == 1
        shop.maintainer.delete(shop.url(f"/uploads/{bare}")).ok()
        assert shop.reader.get(URL).status == 404

    def test_given_a_tag_that_moves_away_then_its_reference_moves_with_it(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="a", version="1.0").ok()

        shop.upload(b"others", tag="a").ok()

        assert shop.reader.get(URL).data["ref_count"] == 1

    def test_given_a_package_that_is_deleted_then_its_references_are_gone(self, shop: Workshop) -> None:
        package = shop.new_package()
        shop.upload(DATA, tag="a").ok()
        shop.writer.put(shop.url("/upload/x.bin", package=package), DATA, query={"tag": "a"}).ok()
        assert shop.reader.get(URL).data["ref_count"] == 2

        url = f"/api/v1/project/{shop.project}/packages/{package}"
        shop.maintainer.delete(url, query={"force": "true"}).ok()

        assert shop.reader.get(URL).data["ref_count"] == 1

    def test_given_several_names_for_the_bytes_then_each_download_gives_them(self, shop: Workshop) -> None:
        for tag in ("a", "b", "c"):
            shop.upload(DATA, f"{tag}.bin", tag=tag).ok()

        assert {shop.download(tag).body for tag in ("a", "b", "c")} == {DATA}


class TestVisibility:
    def test_given_bytes_that_the_caller_may_see_then_deduplicated(self, shop: Workshop) -> None:
        assert shop.upload(DATA, tag="a").ok().data["deduplicated"] is False
        assert shop.upload(DATA, tag="b").ok().data["deduplicated"] is True

    def test_given_bytes_in_a_foreign_private_project_then_the_answer_does_not_tell(
        self, shop: Workshop, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        for tag in ("a", "b", "c"):
            shop.upload(DATA, "secret-name.bin", tag=tag).ok()
        other = workshop(client, make_person)

        answer = other.upload(DATA, "mine.bin", tag="a").ok()

        assert (answer.data["deduplicated"], answer.data["ref_count"]) == (False, 1)
        assert answer.data["original_name"] == "mine.bin"

    def test_given_bytes_in_a_foreign_public_project_then_they_are_seen(
        self, public_shop: Workshop, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        public_shop.upload(DATA, tag="a").ok()
        other = workshop(client, make_person)

        answer = other.upload(DATA, tag="a").ok()

        assert (answer.data["deduplicated"], answer.data["ref_count"]) == (True, 2)

    def test_given_an_administrator_then_all_references_are_seen(
        self, shop: Workshop, client: ApiClient, administrator: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        shop.upload(DATA, tag="a").ok()
        workshop(client, make_person).upload(DATA, tag="a").ok()

        assert administrator.get(URL).data["ref_count"] == 2
        assert shop.reader.get(URL).data["ref_count"] == 1

    def test_given_a_key_that_is_bound_to_one_project_then_other_projects_of_its_owner_do_not_show(
        self, app: Flask, shop: Workshop, client: ApiClient
    ) -> None:
        shop.upload(DATA, tag="a").ok()
        owner = shop.people["owner"]
        project = f"{shop.project}-second"
        shop.owner.post("/api/v1/projects", {"name": project}).ok()
        shop.owner.post(f"/api/v1/project/{project}/packages", {"name": "p"}).ok()
        bound = client.as_(
            builders.key(app, owner.actor, frozenset({Scope.READ, Scope.WRITE}), project=project)
        )

        answer = bound.put(f"/api/v1/project/{project}/p/upload/x.bin", DATA, query={"tag": "a"}).ok()

        assert (answer.data["deduplicated"], answer.data["ref_count"]) == (False, 1)

    def test_given_uploads_without_names_then_each_counts_what_its_sender_sees_of_the_artifact(
        self,
        app: Flask,
        public_shop: Workshop,
        client: ApiClient,
        administrator: ApiClient,
        make_person: Callable[..., Person],
    ) -> None:
        other = workshop(client, make_person)
        other.upload(DATA, version="1.0").ok()
        scopes = frozenset({Scope.READ, Scope.WRITE})
        writer = public_shop.people["writer"]
        bound = client.as_(builders.key(app, writer.actor, scopes, project=public_shop.project))
        blind = client.as_(builders.key(app, writer.actor, frozenset({Scope.WRITE})))

        counts = {}
        for name, sender in {"writer": public_shop.writer, "bound": bound, "blind": blind}.items():
            counts[name] = sender.put(public_shop.url("/upload/x.bin"), DATA).ok().data["ref_count"]
        counts["both"] = other.upload(DATA, "x.bin").ok().data["ref_count"]
        counts["all"] = administrator.put(public_shop.url("/upload/x.bin"), DATA).ok().data["ref_count"]

        assert counts == {"writer": 1, "bound": 2, "blind": 0, "both": 5, "all": 6}
        assert administrator.get(URL).data["ref_count"] == 6

    def test_given_a_stranger_then_the_artifact_does_not_exist(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="a").ok()

        assert shop.stranger.get(URL).status == 404
        assert shop.anonymous.get(URL).status == 401
