"""What a reference means: version:, tag:, artifact:, a bare name, a range, latest, active."""

import pytest

from tests.support.builders import sha256
from tests.support.registry import Workshop


def versions(shop: Workshop, *names: str) -> None:
    """Publish versions whose bytes are their own names."""
    for name in names:
        shop.upload(name.encode(), "x.bin", version=name).ok()


class TestExact:
    def test_given_each_prefix_then_it_names_its_own_kind(self, shop: Workshop) -> None:
        shop.upload(b"the version", "app-v.bin", version="6.0.0").ok()
        shop.upload(b"the tag", "app-t.bin", tag="6.0.0").ok()

        assert shop.download("version:6.0.0").body == b"the version"
        assert shop.download("tag:6.0.0").body == b"the tag"
        assert shop.download(f"artifact:{sha256(b'the tag')}").body == b"the tag"

    @pytest.mark.parametrize(
        "name", ["1:2.3-4~deb12u1", "2026.07.01+build.5", "v1", "1.0.0-rc.1", "a_b", "x%y", "!"]
    )
    def test_given_a_version_with_any_legal_characters_then_it_is_found(
        self, shop: Workshop, name: str
    ) -> None:
        shop.upload(b"bytes", version=name).ok()

        ref = name.replace("%", "%25")
        assert shop.download(f"version:{ref}").body == b"bytes"
        assert shop.download(ref).body == b"bytes"

    @pytest.mark.parametrize("ref", ["version:Stable", "tag:stable", "tag:STABLE", "Stable2", "version:1.0"])
    def test_given_names_that_differ_in_a_byte_then_they_are_not_the_same(
        self, shop: Workshop, ref: str
    ) -> None:
        shop.upload(b"bytes", tag="Stable", version="1.0.0").ok()

        assert shop.download(ref).status == 404


class TestBare:
    def test_given_a_tag_and_a_version_of_one_name_then_the_tag_goes_first(self, shop: Workshop) -> None:
        shop.upload(b"the version", version="1.0").ok()
        assert shop.download("1.0").body == b"the version"

        shop.upload(b"the tag", tag="1.0").ok()
        assert shop.download("1.0").body == b"the tag"

    def test_given_a_version_that_is_called_like_an_artifact_then_the_version_goes_first(
        self, shop: Workshop
    ) -> None:
        digest = sha256(b"the artifact")
        shop.upload(b"the artifact", "plain.bin").ok()
        assert shop.download(digest).body == b"the artifact"

        shop.upload(b"the version", version=digest).ok()
        assert shop.download(digest).body == b"the version"
        assert shop.download(f"artifact:{digest}").body == b"the artifact"

    @pytest.mark.parametrize("ref", ["^1.0", "~1.0", ">=1", "1.*"])
    def test_given_a_range_without_a_prefix_then_404(self, shop: Workshop, ref: str) -> None:
        versions(shop, "1.0.0")

        assert shop.download(ref).status == 404


class TestArtifact:
    def test_given_an_artifact_of_another_package_only_then_404(self, shop: Workshop) -> None:
        other = shop.new_package()
        shop.writer.put(shop.url("/upload/x.bin", package=other), b"theirs", query={"tag": "t"}).ok()
        ref = f"/+/artifact:{sha256(b'theirs')}"

        assert shop.reader.get(shop.url(ref)).status == 404
        assert shop.reader.get(shop.url(ref, package=other)).body == b"theirs"

    @pytest.mark.parametrize("names", [{"tag": "t"}, {"version": "1.0"}, {}])
    def test_given_any_kind_of_reference_then_the_artifact_is_found(
        self, shop: Workshop, names: dict[str, str]
    ) -> None:
        shop.upload(b"bytes", "x.bin", **names).ok()

        assert shop.download(f"artifact:{sha256(b'bytes')}").body == b"bytes"

    def test_given_the_last_reference_is_gone_then_404(self, shop: Workshop) -> None:
        shop.upload(b"bytes", tag="t").ok()
        shop.writer.delete(shop.url("/tags/t")).ok()

        assert shop.download(f"artifact:{sha256(b'bytes')}").status == 404


class TestLatest:
    def test_given_versions_then_the_highest_release_and_not_the_newest(self, shop: Workshop) -> None:
        versions(shop, "1.9.0", "1.10.0", "1.2.0", "2.0.0-rc.1", "nightly")

        assert shop.download("latest").body == b"1.10.0"

    def test_given_python_versions_then_they_order_as_pep_440_says(self, shop: Workshop) -> None:
        versions(shop, "1.0", "1.0.post1", "1.1.dev1", "1.1rc1")

        assert shop.download("latest").body == b"1.0.post1"

    def test_given_a_tag_of_that_name_then_the_tag(self, shop: Workshop) -> None:
        versions(shop, "1.0.0", "2.0.0")
        shop.upload(b"tagged", "x.bin", tag="latest").ok()

        assert shop.download("latest").body == b"tagged"

        shop.writer.delete(shop.url("/tags/latest")).ok()
        assert shop.download("latest").body == b"2.0.0"

    @pytest.mark.parametrize("names", [[], ["1.0.0-rc.1"], ["nightly", "build-7"]])
    def test_given_no_release_then_404_says_why_each_was_left_out(
        self, shop: Workshop, names: list[str]
    ) -> None:
        versions(shop, *names)

        answer = shop.download("latest")

        assert (answer.status, answer.reason) == (404, "not_found")
        assert {each["version"] for each in answer.data["excluded"]} == set(names)

    @pytest.mark.parametrize("ref", ["tag:latest", "version:latest"])
    def test_given_a_prefix_then_latest_is_an_ordinary_name(self, shop: Workshop, ref: str) -> None:
        versions(shop, "1.0.0")

        assert shop.download(ref).status == 404

    def test_given_a_deleted_version_then_the_one_below_is_latest(self, shop: Workshop) -> None:
        versions(shop, "1.0.0", "2.0.0")
        shop.maintainer.delete(shop.url("/versions/2.0.0")).ok()

        assert shop.download("latest").body == b"1.0.0"


class TestRange:
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ("^1.2", b"1.9.0"),
            ("^1", b"1.9.0"),
            ("^0.1.0", b"0.1.5"),
            ("~1.2", b"1.2.7"),
            ("~1.2.3", b"1.2.7"),
            ("~2.0", b"2.0.0"),
            (">=1,<2", b"1.9.0"),
            (">=1, <2", b"1.9.0"),
            (">=1 <1.9", b"1.2.7"),
            ("<1", b"0.1.5"),
            (">1.2.7", b"2.0.0"),
            ("<=1.2.3", b"1.2.3"),
            ("1.2.*", b"1.2.7"),
            ("=1.2.3", b"1.2.3"),
            ("!=2.0.0", b"1.9.0"),
        ],
    )
    def test_given_a_range_then_the_highest_release_in_it(
        self, shop: Workshop, wanted: str, expected: bytes
    ) -> None:
        versions(shop, "2.0.0", "0.1.5", "1.2.3", "1.9.0", "1.2.7", "2.1.0-beta.1", "1.99.0-rc.1", "odd-name")

        assert shop.download(f"version:{wanted}").body == expected

    def test_given_a_range_that_nothing_fits_then_404_says_why(self, shop: Workshop) -> None:
        versions(shop, "1.0.0", "3.0.0-rc.1", "odd-name")

        answer = shop.download("version:^2.0")

        assert answer.status == 404
        reasons = {each["version"]: each["why"] for each in answer.data["excluded"]}
        assert reasons == {"1.0.0": "outside_range", "3.0.0-rc.1": "prerelease", "odd-name": "not_ordered"}

    def test_given_a_version_that_is_written_like_a_range_then_the_exact_name_goes_first(
        self, shop: Workshop
    ) -> None:
        versions(shop, "1.5.0", "^1.0")

        answer = shop.download("version:^1.0")

        assert answer.body == b"^1.0"
        assert "immutable" not in answer.headers["Cache-Control"], "without it, it would be a range"


@pytest.mark.same_everywhere
class TestNothingThere:
    @pytest.mark.parametrize(
        "ref",
        [
            "absent", "tag:absent", "version:9.9.9", f"artifact:{'a' * 64}", "active", "tag:active",
            "version:", "tag:", "artifact:", "artifact:abc123", f"artifact:{'A' * 64}",
            f"artifact:{'a' * 65}", "tag:../up", "..%2F..%2Fetc", "a/b", "tag:a:b", "version:1%200",
            "version:%00", "a%0Ab", "stable%0A", "%FF", "标签", "x" * 300, "version:" + "x" * 129,
            "latest%20", "%20",
        ],
    )  # fmt: skip
    def test_given_a_ref_that_is_absent_or_ill_formed_then_404(self, shop: Workshop, ref: str) -> None:
        shop.upload(b"bytes", tag="stable", version="1.0.0").ok()

        answer = shop.download(ref)

        assert (answer.status, answer.reason) == (404, "not_found")

    @pytest.mark.parametrize("package", ["absent", "Not-A-Name", "..", "a%0Ab", "%00", "x" * 200, "包"])
    def test_given_no_such_package_then_404(self, shop: Workshop, package: str) -> None:
        assert shop.reader.get(f"/api/v1/project/{shop.project}/{package}/+/stable").status == 404

    @pytest.mark.parametrize("project", ["absent", "Not-A-Name", "..", "a%0Ab", "%00", "x" * 200, "项目"])
    def test_given_no_such_project_then_404(self, shop: Workshop, project: str) -> None:
        assert shop.reader.get(f"/api/v1/project/{project}/{shop.package}/+/stable").status == 404
