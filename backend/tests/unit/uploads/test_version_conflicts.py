"""A version never changes its bytes: what an upload for a name that is taken answers and leaves alone."""

from tests.support.builders import sha256
from tests.support.registry import Workshop

FIRST, OTHER = b"the first bytes", b"other bytes"


class TestExplicit:
    def test_given_the_same_bytes_again_then_success_with_the_same_answer(self, shop: Workshop) -> None:
        first = shop.upload(FIRST, "app1.tar.gz", version="3.0.0").ok()
        second = shop.upload(FIRST, "app2.tar.gz", version="3.0.0").ok()

        for name in ("artifact_id", "version", "version_source"):
            assert second.data[name] == first.data[name]
        assert second.data["version_conflict"] is None
        assert len(shop.reader.get(shop.url("/versions")).items) == 1

    def test_given_other_bytes_then_409_shows_both_digests(self, shop: Workshop) -> None:
        shop.upload(FIRST, version="1.0.0").ok()

        answer = shop.upload(OTHER, version="1.0.0")

        assert (answer.status, answer.reason) == (409, "version_taken")
        assert answer.data["existing"] == sha256(FIRST)
        assert answer.data["offered"] == sha256(OTHER)

    def test_given_other_bytes_then_the_first_upload_is_untouched_and_no_tag_moved(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.0.0", tag="stable").ok()

        shop.upload(OTHER, version="1.0.0", tag="stable")
        shop.upload(OTHER, version="1.0.0", tag="brand-new")

        assert shop.download("version:1.0.0").body == shop.download("tag:stable").body == FIRST
        assert len(shop.reader.get(shop.url("/tags/stable/history")).items) == 1
        assert [tag["name"] for tag in shop.reader.get(shop.url("/tags")).items] == ["stable"]
        assert len(shop.reader.get(shop.url("/uploads")).items) == 1
        assert shop.writer.get(f"/api/v1/artifact/{sha256(OTHER)}").status == 404

    def test_given_bytes_that_are_there_already_then_a_conflict_does_not_harm_them(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.0.0").ok()
        shop.upload(OTHER, version="2.0.0").ok()

        assert shop.upload(OTHER, version="1.0.0").status == 409

        assert shop.download("version:2.0.0").body == OTHER

    def test_given_the_same_version_in_another_package_then_there_is_no_conflict(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.0.0").ok()
        package = shop.new_package()

        shop.writer.put(shop.url("/upload/x.bin", package=package), OTHER, query={"version": "1.0.0"}).ok()

        assert shop.reader.get(shop.url("/+/version:1.0.0", package=package)).body == OTHER

    def test_given_names_that_differ_in_case_only_then_they_are_two_versions(self, shop: Workshop) -> None:
        shop.upload(FIRST, version="1.0.0-RC.1").ok()
        shop.upload(OTHER, version="1.0.0-rc.1").ok()

        assert shop.download("version:1.0.0-RC.1").body == FIRST
        assert shop.download("version:1.0.0-rc.1").body == OTHER


class TestDetected:
    def test_given_a_taken_name_then_the_upload_is_accepted_and_names_the_conflict(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.2.3").ok()

        answer = shop.upload(OTHER, "myapp-1.2.3.bin").ok()

        assert (answer.data["version"], answer.data["version_source"]) == (None, None)
        assert answer.data["version_conflict"] == "1.2.3"
        assert shop.download("version:1.2.3").body == FIRST
        assert shop.download(f"artifact:{sha256(OTHER)}").body == OTHER, "the upload holds its bytes itself"

    def test_given_a_taken_name_and_a_tag_then_the_tag_is_made(self, shop: Workshop) -> None:
        shop.upload(FIRST, "myapp-1.2.3.bin").ok()

        answer = shop.upload(OTHER, "myapp-1.2.3.bin", tag="nightly").ok()

        assert (answer.data["tag"], answer.data["version_conflict"]) == ("nightly", "1.2.3")
        assert shop.download("nightly").body == OTHER

    def test_given_the_same_bytes_under_the_same_name_then_there_is_no_conflict(self, shop: Workshop) -> None:
        shop.upload(FIRST, "myapp-1.2.3.bin").ok()

        answer = shop.upload(FIRST, "myapp-1.2.3.bin").ok()

        assert (answer.data["version"], answer.data["version_conflict"]) == ("1.2.3", None)

    def test_given_a_conflict_then_the_list_of_uploads_shows_it(self, shop: Workshop) -> None:
        shop.upload(FIRST, version="1.2.3").ok()
        shop.upload(OTHER, "myapp-1.2.3.bin").ok()

        newest = shop.reader.get(shop.url("/uploads")).items[0]
        assert (newest["version"], newest["version_conflict"]) == (None, "1.2.3")


class TestRetired:
    def test_given_a_deleted_version_when_its_old_bytes_come_back_then_it_is_made_again(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.0.0").ok()
        shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

        shop.upload(FIRST, version="1.0.0").ok()

        assert shop.download("version:1.0.0").body == FIRST

    def test_given_a_deleted_version_when_other_bytes_come_then_409_shows_the_old_digest(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.0.0").ok()
        shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

        answer = shop.upload(OTHER, version="1.0.0")

        assert (answer.status, answer.reason) == (409, "version_taken")
        assert (answer.data["existing"], answer.data["offered"]) == (sha256(FIRST), sha256(OTHER))

    def test_given_a_deleted_version_when_it_is_detected_for_other_bytes_then_that_is_a_conflict(
        self, shop: Workshop
    ) -> None:
        shop.upload(FIRST, version="1.2.3").ok()
        shop.maintainer.delete(shop.url("/versions/1.2.3")).ok()

        answer = shop.upload(OTHER, "myapp-1.2.3.bin").ok()

        assert (answer.data["version"], answer.data["version_conflict"]) == (None, "1.2.3")
        assert shop.download("version:1.2.3").status == 404

    def test_given_a_version_that_was_deleted_twice_then_its_name_still_remembers(
        self, shop: Workshop
    ) -> None:
        for _ in range(2):
            shop.upload(FIRST, version="1.0.0").ok()
            shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

        assert shop.upload(OTHER, version="1.0.0").status == 409
