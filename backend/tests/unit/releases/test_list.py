"""The list of releases: whoever asks sees what they may see, page by page."""

import pytest

from tests.support.registry import Workshop
from tests.support.shared_app import once
from tests.unit.releases.conftest import NIX, RELEASES, Works


@pytest.fixture
def four(works: Works) -> dict[str, int]:
    """A release in each state, by its status."""

    def build() -> dict[str, int]:
        ids = {"activated": works.uploaded("1.0.0", b"one"), "downloaded": works.uploaded("2.0.0", b"two")}
        works.post(ids["activated"], "activate").ok()
        ids["failed"] = works.made("3.0.0", source=NIX)
        works.factory.announced_bytes = 2**60
        works.work()
        ids["created"] = works.made("4.0.0")
        return ids

    return once(works.app, "four releases", build)


def test_given_releases_then_the_newest_comes_first_in_the_shape_of_one(
    works: Works, four: dict[str, int]
) -> None:
    listed = works.shop.reader.get(RELEASES).ok().items

    assert [each["id"] for each in listed] == sorted(four.values(), reverse=True)
    assert listed == [works.get(each["id"]) for each in listed]


@pytest.mark.parametrize("status", ["created", "downloaded", "activated", "failed"])
def test_given_a_status_then_only_those(works: Works, four: dict[str, int], status: str) -> None:
    listed = works.shop.reader.get(RELEASES, query={"status": status}).ok().items

    assert [each["id"] for each in listed] == [four[status]]


def test_given_a_name_or_project_then_only_those(works: Works, four: dict[str, int]) -> None:
    other = works.made("1.0.0", name="other")

    by_name = works.shop.reader.get(RELEASES, query={"name": "other"}).ok().items
    by_project = works.shop.reader.get(RELEASES, query={"project": works.shop.project}).ok().items

    assert [each["id"] for each in by_name] == [other]
    assert len(by_project) == len(four) + 1
    assert works.shop.reader.get(RELEASES, query={"project": "elsewhere"}).ok().items == []


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_given_any_page_size_then_every_release_comes_exactly_once(
    works: Works, four: dict[str, int], limit: int
) -> None:
    found: list[int] = []
    query: dict[str, str | int] = {"limit": limit, "name": works.shop.package}
    while True:
        page = works.shop.reader.get(RELEASES, query=query).ok()
        found += [each["id"] for each in page.items]
        if page.data["next_cursor"] is None:
            break
        query["cursor"] = page.data["next_cursor"]

    assert found == sorted(four.values(), reverse=True)


def test_given_a_cursor_then_it_fits_its_own_filters_only(works: Works, four: dict[str, int]) -> None:
    assert four
    cursor = works.shop.reader.get(RELEASES, query={"limit": 1}).data["next_cursor"]

    other = works.shop.reader.get(RELEASES, query={"cursor": cursor, "status": "failed"})

    assert other.status == 422


@pytest.mark.same_everywhere
@pytest.mark.parametrize("query", [{"status": "gone"}, {"status": ""}, {"name": "A B"}, {"version": "1.0.0"}])
def test_given_a_filter_that_cannot_be_then_422(works: Works, query: dict[str, str]) -> None:
    assert works.shop.reader.get(RELEASES, query=query).status == 422


def test_given_a_private_project_then_nobody_else_sees_its_releases(
    works: Works, four: dict[str, int]
) -> None:
    assert works.shop.stranger.get(RELEASES).ok().items == []
    assert works.shop.anonymous.get(RELEASES).status == 401
    for rest in (f"/{four['created']}", f"/{four['failed']}/log"):
        assert works.shop.stranger.get(RELEASES + rest).status == 404
        assert works.shop.anonymous.get(RELEASES + rest).status == 401


def test_given_a_public_project_then_everybody_sees_its_releases(public_shop: Workshop) -> None:
    public_shop.upload(b"bytes", version="1.0.0").ok()

    listed = public_shop.stranger.get(RELEASES).ok().items

    assert public_shop.anonymous.get(RELEASES).status == 401  # as every list across projects
    assert [each["version"] for each in listed] == ["1.0.0"]
    assert public_shop.anonymous.get(f"{RELEASES}/{listed[0]['id']}").ok().data == listed[0]
    assert public_shop.anonymous.get(f"{RELEASES}/{listed[0]['id']}/log").ok().data["log"] == ""


@pytest.mark.same_everywhere
@pytest.mark.parametrize("release_id", ["0", "999999", "-1", "one", "1.0", "9" * 30, "%00", "\uff11"])
def test_given_no_such_release_then_404_or_401_for_nobody(shop: Workshop, release_id: str) -> None:
    for rest in ("", "/log"):
        assert shop.owner.get(f"{RELEASES}/{release_id}{rest}").status == 404
        assert shop.anonymous.get(f"{RELEASES}/{release_id}{rest}").status == 401
    for verb in ("activate", "deactivate", "retry"):
        assert shop.owner.post(f"{RELEASES}/{release_id}/{verb}").status == 404
    assert shop.owner.delete(f"{RELEASES}/{release_id}").status == 404


def test_given_an_uploaded_version_that_is_no_semver_then_it_is_a_release_all_the_same(
    works: Works,
) -> None:
    release_id = works.uploaded("build-7")

    data = works.get(release_id)

    assert (data["version"], data["status"], data["source"]) == ("build-7", "downloaded", None)
    assert data["downloaded_at"] is not None
