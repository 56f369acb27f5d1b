"""What npm changes: what is said of versions, which of them are there, and what tags mean."""

from typing import Any

import pytest

from tests.support.client import Answer, ApiClient
from tests.support.node_registry import ABBREVIATED, NodeRegistry, package_of, publication
from tests.support.registry import Workshop

LIB, NEXT, BETA = package_of(), package_of(version="1.1.0"), package_of(version="2.0.0-rc.1")


@pytest.fixture
def stocked(registry: NodeRegistry) -> NodeRegistry:
    """A registry with three versions of a package, of which the second is the latest."""
    registry.publish(LIB).ok()
    registry.publish(NEXT).ok()
    registry.publish(BETA, "beta").ok()
    return registry


def deprecate(registry: NodeRegistry, said: str, *versions: str, by: ApiClient | None = None) -> Answer:
    """Do as `npm deprecate` does: read the document, change it, send it whole."""
    document = registry.packument()
    for version in versions:
        document["versions"][version]["deprecated"] = said
    return registry.send(document, by=by)


def unpublish(registry: NodeRegistry, *versions: str, by: ApiClient | None = None) -> Answer:
    """Do as `npm unpublish` does with a version: send the document without it, then remove its tarball."""
    document = registry.packument()
    for version in versions:
        del document["versions"][version]
    caller = by or registry.shop.maintainer
    return registry.send(document, rest=f"/-rev/{document['_rev']}", by=caller)


class TestDeprecating:
    def test_given_a_sentence_then_both_forms_say_it_and_an_empty_one_takes_it_back(
        self, stocked: NodeRegistry
    ) -> None:
        answer = deprecate(stocked, "use 1.1.0", "1.0.0")

        assert answer.status == 201
        assert answer.data["rev"] == stocked.packument()["_rev"]
        for accept in (ABBREVIATED, "application/json"):
            versions = stocked.packument(accept=accept)["versions"]
            assert versions["1.0.0"]["deprecated"] == "use 1.1.0"
            assert "deprecated" not in versions["1.1.0"]

        deprecate(stocked, "", "1.0.0").ok()

        assert "deprecated" not in stocked.version()

    def test_given_our_own_api_then_it_says_the_same(self, stocked: NodeRegistry, shop: Workshop) -> None:
        deprecate(stocked, "use 1.1.0", "1.0.0").ok()

        version = shop.reader.get(shop.url("/versions/1.0.0", package="npm:@h7~lib")).ok().data

        assert version["deprecated"] == "use 1.1.0"

    def test_given_a_document_that_leaves_versions_out_then_they_stay(self, stocked: NodeRegistry) -> None:
        document = stocked.packument()
        document["versions"] = {"1.0.0": {"deprecated": "no"}}

        stocked.send(document).ok()

        assert set(stocked.packument()["versions"]) == {"1.0.0", "1.1.0", "2.0.0-rc.1"}

    def test_given_a_stale_document_then_409_and_nothing_changes(self, stocked: NodeRegistry) -> None:
        document = stocked.packument()
        deprecate(stocked, "use 1.1.0", "1.0.0").ok()
        document["versions"]["1.1.0"]["deprecated"] = "no"

        answer = stocked.send(document)

        assert (answer.status, answer.reason) == (409, "conflict")
        assert stocked.version()["deprecated"] == "use 1.1.0"
        assert "deprecated" not in stocked.version("1.1.0")

    def test_given_a_version_that_is_not_there_then_422(self, stocked: NodeRegistry) -> None:
        assert stocked.send({"name": "@h7/lib", "versions": {"9.9.9": {}}}).status == 422

    @pytest.mark.parametrize(("said", "status"), [("x" * 1001, 422), (1, 400), ({}, 400), (["x"], 400)])
    def test_given_what_cannot_be_said_then_it_is_refused(
        self, stocked: NodeRegistry, said: Any, status: int
    ) -> None:
        document = {"name": "@h7/lib", "versions": {"1.0.0": {"deprecated": said}}}

        assert stocked.send(document).status == status

    def test_given_half_a_character_then_it_is_an_unknown_one(self, stocked: NodeRegistry) -> None:
        half = "\ud83d"
        stocked.send({"name": "@h7/lib", "versions": {"1.0.0": {"deprecated": f"old {half}"}}}).ok()
        unknown = stocked.send({"name": "@h7/lib", "versions": {half: {"deprecated": "old"}}})
        stale = stocked.send({"name": "@h7/lib", "_rev": half, "versions": {}})

        assert stocked.version()["deprecated"] == "old \ufffd"
        assert (unknown.status, unknown.reason) == (422, "invalid")
        assert (stale.status, stale.reason) == (409, "conflict")

    def test_given_a_package_that_is_not_there_then_404(self, registry: NodeRegistry) -> None:
        assert registry.send({"name": "@h7/lib", "versions": {}}).status == 404

    def test_given_who_may_not_then_it_is_refused(self, stocked: NodeRegistry, shop: Workshop) -> None:
        key = shop.writer.post("/api/v1/auth/keys", {"name": "ci", "scopes": ["upload", "read"]}).ok().data
        uploader = shop.writer.as_(key["key"])

        for caller, status in ((shop.reader, 403), (shop.stranger, 404), (uploader, 403)):
            assert deprecate(stocked, "no", "1.0.0", by=caller).status == status
        assert "deprecated" not in stocked.version()

    def test_given_a_document_of_many_megabytes_then_it_is_read(self, stocked: NodeRegistry) -> None:
        document = stocked.packument()
        document["versions"]["1.0.0"] |= {"deprecated": "no", "contributors": ["x" * 1000] * 5000}

        stocked.send(document).ok()

        assert stocked.version()["deprecated"] == "no"


class TestUnpublishingAVersion:
    def test_given_a_version_then_it_goes_and_its_tarball_is_gone_with_it(
        self, stocked: NodeRegistry, shop: Workshop
    ) -> None:
        unpublish(stocked, "1.0.0").ok()

        found = stocked.packument()
        assert set(found["versions"]) == {"1.1.0", "2.0.0-rc.1"}
        assert found["dist-tags"] == {"latest": "1.1.0", "beta": "2.0.0-rc.1"}
        assert stocked.get("/@h7/lib/-/lib-1.0.0.tgz").status == 404
        rest = f"/-/lib-1.0.0.tgz/-rev/{found['_rev']}"
        answer = shop.maintainer.delete(stocked.url(rest=rest))
        assert (answer.status, answer.data["ok"]) == (200, True)
        assert stocked.packument() == found

    def test_given_the_latest_then_latest_is_the_highest_release_that_is_left(
        self, stocked: NodeRegistry
    ) -> None:
        unpublish(stocked, "1.1.0").ok()

        assert stocked.packument()["dist-tags"]["latest"] == "1.0.0"

    def test_given_the_latest_and_what_shall_be_it_then_it_is_that(self, stocked: NodeRegistry) -> None:
        document = stocked.packument()
        del document["versions"]["1.1.0"]
        document["dist-tags"]["latest"] = "2.0.0-rc.1"

        stocked.send(document, rest=f"/-rev/{document['_rev']}", by=stocked.shop.maintainer).ok()

        assert stocked.packument()["dist-tags"]["latest"] == "2.0.0-rc.1"

    def test_given_its_bytes_again_then_it_is_there_again_and_others_are_refused(
        self, stocked: NodeRegistry
    ) -> None:
        unpublish(stocked, "1.0.0").ok()

        assert stocked.publish(package_of(content=b"other")).reason == "file_taken"
        stocked.publish(LIB).ok()

        assert stocked.version()["dist"]["integrity"] == LIB.integrity
        assert stocked.packument()["dist-tags"]["latest"] == "1.0.0", "it was published anew"

    def test_given_a_stale_revision_then_409_and_nothing_goes(self, stocked: NodeRegistry) -> None:
        document = stocked.packument()
        del document["versions"]["1.0.0"]
        deprecate(stocked, "no", "1.1.0").ok()

        for revision in (document["_rev"], "undefined", "1"):
            answer = stocked.send(document, rest=f"/-rev/{revision}", by=stocked.shop.maintainer)
            assert (answer.status, answer.reason) == (409, "conflict")

        assert "1.0.0" in stocked.packument()["versions"]

    def test_given_several_at_once_then_it_takes_what_deleting_a_package_takes(
        self, stocked: NodeRegistry, shop: Workshop
    ) -> None:
        key = shop.maintainer.post("/api/v1/auth/keys", {"name": "ci", "scopes": ["read", "write"]}).ok().data
        writing = shop.maintainer.as_(key["key"])

        assert unpublish(stocked, "1.0.0", "1.1.0", by=writing).status == 403
        assert len(stocked.packument()["versions"]) == 3
        unpublish(stocked, "1.0.0", by=writing).ok()
        unpublish(stocked, "1.1.0", "2.0.0-rc.1").ok()
        assert stocked.get("/@h7%2flib").status == 404

    def test_given_a_tarball_alone_then_its_version_goes(self, stocked: NodeRegistry, shop: Workshop) -> None:
        revision = stocked.packument()["_rev"]
        url = stocked.url(rest="/-/lib-1.1.0.tgz/-rev/")
        assert shop.maintainer.delete(f"{url}1-0").status == 409

        shop.maintainer.delete(f"{url}{revision}").ok()

        assert set(stocked.packument()["versions"]) == {"1.0.0", "2.0.0-rc.1"}
        assert stocked.packument()["dist-tags"]["latest"] == "1.0.0"

    def test_given_who_may_not_then_it_is_refused(self, stocked: NodeRegistry, shop: Workshop) -> None:
        found = stocked.packument()
        for caller, status in ((shop.writer, 403), (shop.reader, 403), (shop.stranger, 404)):
            assert unpublish(stocked, "1.0.0", by=caller).status == status
            for rest in ("/-/lib-1.0.0.tgz/-rev/", "/-rev/"):
                assert caller.delete(stocked.url(rest=f"{rest}{found['_rev']}")).status == status
                assert caller.delete(stocked.url(rest=f"{rest}1-0")).status == status
        assert stocked.packument() == found

    def test_given_a_tarball_in_it_then_it_is_refused(self, stocked: NodeRegistry, shop: Workshop) -> None:
        revision = stocked.packument()["_rev"]

        answer = stocked.send(publication(LIB), rest=f"/-rev/{revision}", by=shop.maintainer)

        assert answer.status == 422


class TestUnpublishingAPackage:
    def test_given_a_package_then_it_is_gone(self, stocked: NodeRegistry, shop: Workshop) -> None:
        revision = stocked.packument()["_rev"]
        assert shop.maintainer.delete(stocked.url(rest="/-rev/1-0")).status == 409

        answer = shop.maintainer.delete(stocked.url(rest=f"/-rev/{revision}"))

        assert answer.status == 200
        assert stocked.get("/@h7%2flib").status == 404
        url = f"/api/v1/project/{shop.project}/packages/npm:@h7~lib"
        assert shop.reader.get(url).status == 404

    def test_given_the_only_version_then_the_package_stays_for_the_next_one(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        registry.publish(LIB).ok()
        key = shop.maintainer.post("/api/v1/auth/keys", {"name": "ci", "scopes": ["read", "write"]}).ok().data
        revision = registry.packument()["_rev"]

        shop.maintainer.as_(key["key"]).delete(registry.url(rest=f"/-rev/{revision}")).ok()

        assert registry.get("/@h7%2flib").status == 404
        assert registry.publish(package_of(content=b"other")).reason == "file_taken"
        registry.publish(NEXT).ok()
        registry.publish(LIB, "old").ok()
        assert registry.packument()["dist-tags"] == {"latest": "1.1.0", "old": "1.0.0"}

    def test_given_a_key_that_writes_then_several_versions_do_not_go(
        self, stocked: NodeRegistry, shop: Workshop
    ) -> None:
        key = shop.maintainer.post("/api/v1/auth/keys", {"name": "ci", "scopes": ["read", "write"]}).ok().data
        revision = stocked.packument()["_rev"]

        answer = shop.maintainer.as_(key["key"]).delete(stocked.url(rest=f"/-rev/{revision}"))

        assert (answer.status, len(stocked.packument()["versions"])) == (403, 3)


class TestTags:
    def url(self, registry: NodeRegistry, tag: str) -> str:
        """Return where a tag is."""
        return f"{registry.base}/-/package/@h7%2flib/dist-tags/{tag}"

    def test_given_a_version_then_the_tag_points_at_it_until_it_is_removed(
        self, stocked: NodeRegistry, shop: Workshop
    ) -> None:
        answer = shop.writer.put(self.url(stocked, "stable"), json="1.0.0")

        assert (answer.status, answer.data["rev"]) == (201, stocked.packument()["_rev"])
        assert stocked.packument(accept=ABBREVIATED)["dist-tags"]["stable"] == "1.0.0"
        assert stocked.get("/@h7%2flib/stable").ok().data["version"] == "1.0.0"

        shop.writer.put(self.url(stocked, "stable"), json="1.1.0").ok()
        assert stocked.get("/-/package/@h7%2flib/dist-tags").ok().data["stable"] == "1.1.0"

        assert shop.writer.delete(self.url(stocked, "stable")).status == 200
        assert "stable" not in stocked.packument()["dist-tags"]

    def test_given_latest_then_it_moves_and_is_never_removed(
        self, stocked: NodeRegistry, shop: Workshop
    ) -> None:
        shop.writer.put(self.url(stocked, "latest"), json="1.0.0").ok()

        assert shop.writer.delete(self.url(stocked, "latest")).status == 400
        assert stocked.packument()["dist-tags"]["latest"] == "1.0.0"
        assert shop.stranger.delete(self.url(stocked, "latest")).status == 404

    @pytest.mark.parametrize(
        ("tag", "body", "status"),
        [
            ("next", "9.9.9", 404), ("next", ["1.0.0"], 422), ("next", None, 400), ("1.0.0", "1.0.0", 422),
            ("v2", "1.0.0", 422), ("x", "1.0.0", 422), ("undefined", "1.0.0", 422), ("active", "1.0.0", 422),
        ],
    )  # fmt: skip
    def test_given_what_cannot_be_then_it_is_refused(
        self, stocked: NodeRegistry, shop: Workshop, tag: str, body: Any, status: int
    ) -> None:
        assert shop.writer.put(self.url(stocked, tag), json=body).status == status

    def test_given_a_tag_that_is_not_there_then_404(self, stocked: NodeRegistry, shop: Workshop) -> None:
        assert shop.writer.delete(self.url(stocked, "nothing")).status == 404
        answer = shop.writer.put(self.url(stocked, "next"), b"1.0", headers={"Content-Type": "text/plain"})
        assert answer.status in {400, 422}
