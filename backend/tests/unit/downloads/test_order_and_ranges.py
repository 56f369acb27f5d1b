"""Which version `latest` and a range lead to, from the upload to the bytes."""

from urllib.parse import quote

import pytest

from tests.support.registry import Workshop
from tests.unit.formats.samples import deb, rpm


def published(shop: Workshop, *names: str) -> None:
    """Publish versions whose bytes are their own names."""
    for name in names:
        shop.upload(name.encode(), "x.bin", version=name).ok()


CHOICES = [  # versions in the order of their publication, a ref, and the version that it leads to
    (["v1.4.0", "v1.5.0-20240601"], "latest", "v1.4.0"),
    (["V1.4.0", "V1.5.0-1"], "version:^1.0", "V1.4.0"),
    (["2.1.0+cu121", "2.1.0+cu118"], "version:==2.1.0+cu121", "2.1.0+cu121"),
    (["2.1.0+cu121", "2.1.0+cu118"], "version:=2.1.0+cu121", "2.1.0+cu121"),
    (["2.1.0+cu121", "2.1.0+cu118"], "version:==2.1.0", "2.1.0+cu118"),
    (["1.5.0", "1.6.0-0801"], "latest", "1.5.0"),
    (["1.5", "v1.6.0-0801"], "version:>=1", "1.5"),
    (["1.0", "1.0.post1"], "version:>1.0", None),
    (["1.0", "1.0.post1", "1.0.post2"], "version:>1.0.post1", "1.0.post2"),
    (["0.7.2", "0.8.0"], "version:<=0.7.x", "0.7.2"),
    (["0.7.2", "0.8.0"], "version:>=0.7.x", "0.8.0"),
    (["0.9.0", "1.4.0", "2.0.0"], "version:>=1.x", "2.0.0"),
    (["0.9.0", "1.4.0", "2.0.0"], "version:<1.x", "0.9.0"),
    (["1.2.0", "1.2.9", "1.3.0"], "version:~>1.2", "1.2.9"),
    (["0.9.0", "1.0.0", "2.0.0", "2.0.1"], "version:1.0.0 - 2.0.0", "2.0.0"),
    (["0.9.0", "1.5.0", "2.5.0", "3.0.0"], "version:^1 || ^2", "2.5.0"),
    (["1.5.0", "2.5.0", "3.5.0", "4.0.0"], "version:>=1 <2 || ^3", "3.5.0"),
    (["1.0.0", "latest"], "latest", "1.0.0"),
    (["1.0.0", "latest"], "version:latest", "latest"),
    (["latest"], "latest", None),
]  # fmt: skip


@pytest.mark.parametrize(("names", "ref", "expected"), CHOICES)
def test_given_versions_then_a_ref_leads_to_the_right_one(
    shop: Workshop, names: list[str], ref: str, expected: str | None
) -> None:
    published(shop, *names)

    answer = shop.download(quote(ref, safe=":"))

    if expected is None:
        assert (answer.status, answer.reason) == (404, "not_found")
    else:
        assert (answer.status, answer.body) == (200, expected.encode())


def test_given_a_tag_called_latest_then_it_goes_before_the_highest_release_and_a_version(
    shop: Workshop,
) -> None:
    published(shop, "1.0.0", "latest")
    shop.upload(b"tagged", "x.bin", tag="latest").ok()

    assert shop.download("latest").body == b"tagged"
    assert shop.download("version:latest").body == b"latest"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("v2.0.0-alpha.1.2", "prerelease"), ("v1.2.3-0", "prerelease"), ("v1.5.0-20240601", "prerelease"),
        ("1.6.0-0801", "not_ordered"), ("5.1-2+deb11u1", "not_ordered"), ("latest", "not_ordered"),
    ],
)  # fmt: skip
def test_given_what_is_no_release_then_it_is_left_out_and_resolve_says_why(
    shop: Workshop, name: str, why: str
) -> None:
    published(shop, "1.0.0", name)

    found = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data

    assert (found["version"], found["candidates"]) == ("1.0.0", ["1.0.0"])
    assert found["excluded"] == [{"version": name, "why": why}]


@pytest.mark.same_everywhere
class TestNotUnderstood:
    @pytest.mark.parametrize(
        ("text", "position"),
        [
            ("[1.0,2.0)", 0), ("===1.0", 2), ("^", 1), (">=", 2), (">=1.0,<nightly", 7), ("^1 ||", 5),
            (">=1é", 3), ("> 标签", 2), ("^1|2", 2), (">=1.2.3.Final", 2), ("~=1", 2),
            ("*" + " >=0" * 16, 62),
        ],
    )  # fmt: skip
    def test_given_a_range_that_is_none_then_404_says_where_it_stops(
        self, shop: Workshop, text: str, position: int
    ) -> None:
        published(shop, "1.0")

        for answer in (
            shop.download(quote(f"version:{text}", safe=":/")),
            shop.reader.get(shop.url("/resolve"), query={"ref": f"version:{text}"}),
        ):
            assert (answer.status, answer.reason) == (404, "range_not_understood")
            assert answer.data == {"reason": "range_not_understood", "range": text, "position": position}
            assert answer.msg.startswith(
                f'the range "{text}" is not understood from character {position + 1} on; '
                "ranges look like ^1.2, ~1.2.3, >=1.2 <2 or 1.x"
            )

    def test_given_a_slash_then_it_is_no_part_of_a_range_and_ends_one_in_an_address(
        self, shop: Workshop
    ) -> None:
        published(shop, "1.0")

        explained = shop.reader.get(shop.url("/resolve"), query={"ref": "version:^1/2"})

        assert (explained.reason, explained.data["position"]) == ("range_not_understood", 2)
        assert shop.download("version:^1/2").msg == "version:^1 has no file called 2"

    @pytest.mark.parametrize("name", ["9.9.9", "nightly", "1:2.30-1~deb12u1", "v1.0", "1.0^git1"])
    def test_given_an_absent_version_then_it_is_not_called_a_range(self, shop: Workshop, name: str) -> None:
        published(shop, "1.0")

        answer = shop.download(f"version:{name}")

        assert (answer.status, answer.data) == (404, {"reason": "not_found"})

    def test_given_a_version_of_that_very_name_then_it_is_found(self, shop: Workshop) -> None:
        published(shop, "[1.0,2.0)", "===1.0")

        assert shop.download("version:[1.0,2.0)").body == b"[1.0,2.0)"
        assert shop.download("version:===1.0").body == b"===1.0"

    def test_given_a_package_that_one_may_not_see_then_it_says_no_more_than_of_any_other(
        self, shop: Workshop
    ) -> None:
        published(shop, "1.0")
        private, absent = shop.url("/+/version:%5B1.0"), shop.url("/+/version:%5B1.0", package="absent")

        told = shop.stranger.get(private)

        assert (told.status, told.reason) == (404, "not_found")
        assert told.msg == shop.stranger.get(absent).msg.replace("absent", shop.package)
        assert shop.anonymous.get(private).status == 401


@pytest.mark.same_everywhere
class TestDistributions:
    def upload_debs(self, shop: Workshop, *versions: str) -> None:
        for version in versions:
            made = shop.upload(deb(version), f"hello_{version}_amd64.deb").ok().data
            assert (made["version"], made["version_source"]) == (version, "metadata")

    def test_given_debian_packages_then_dpkg_says_which_is_the_latest(self, shop: Workshop) -> None:
        self.upload_debs(shop, "5.2.15-2+b13", "5.2~rc1-1", "5.1-2+deb11u1")

        found = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data

        assert found["candidates"] == ["5.2.15-2+b13", "5.2~rc1-1", "5.1-2+deb11u1"]
        assert found["excluded"] == []

    @pytest.mark.parametrize(
        ("ref", "expected"),
        [
            ("<=5.1", "5.1-2+deb11u1"), ("==5.1", "5.1-2+deb11u1"), (">5.1", "1:4.0-1"),
            ("^5.1", "5.2.15-2+b13"), ("5.1.x", "5.1-2+deb11u1"), (">=1:4.0-1", "1:4.0-1"),
            ("<5.1-2+deb11u1", "5.1-2"), ("~>5.2.0", "5.2.15-2+b13"),
        ],
    )  # fmt: skip
    def test_given_debian_packages_then_a_range_is_read_by_dpkg(
        self, shop: Workshop, ref: str, expected: str
    ) -> None:
        self.upload_debs(shop, "5.1-2", "5.1-2+deb11u1", "5.2.15-2+b13", "1:4.0-1")

        found = shop.reader.get(shop.url("/resolve"), query={"ref": f"version:{ref}"}).ok().data

        assert found["version"] == expected

    def test_given_rpm_packages_then_rpm_says_which_is_the_latest(self, shop: Workshop) -> None:
        for version, release in (("9.16.23", "14.el9"), ("9.16.23", "2.el9"), ("9.9", "1.el9")):
            shop.upload(rpm({1000: "bind", 1001: version, 1002: release}), f"bind-{version}.rpm").ok()

        found = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data

        assert found["candidates"] == ["9.16.23-14.el9", "9.16.23-2.el9", "9.9-1.el9"]
        assert found["excluded"] == []

    def test_given_a_range_that_only_dpkg_can_read_then_it_is_understood_where_there_are_such_versions(
        self, shop: Workshop
    ) -> None:
        published(shop, "1.0")
        ref = "version:>=1:4.0-1~bpo12"
        assert shop.download(quote(ref)).reason == "range_not_understood"

        self.upload_debs(shop, "1:4.0-1")

        assert shop.reader.get(shop.url("/resolve"), query={"ref": ref}).ok().data["version"] == "1:4.0-1"

    def test_given_a_mixed_package_then_what_was_published_last_says_which_order_goes_first(
        self, shop: Workshop
    ) -> None:
        published(shop, "3.0.0")
        self.upload_debs(shop, "2.0-1", "1.0-1")

        first = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data
        published(shop, "0.1.0")
        then = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data

        assert first["candidates"] == ["2.0-1", "1.0-1", "3.0.0"]
        assert then["candidates"] == ["3.0.0", "0.1.0", "2.0-1", "1.0-1"]

    def test_given_a_version_that_the_uploader_names_then_it_stands_in_the_general_order(
        self, shop: Workshop
    ) -> None:
        shop.upload(deb("1.0-1"), "hello.deb", version="5.2.15-2+b13").ok()

        answer = shop.download("latest")

        assert answer.data["excluded"] == [{"version": "5.2.15-2+b13", "why": "prerelease"}]
