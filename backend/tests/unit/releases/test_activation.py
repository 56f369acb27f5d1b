"""At most one release of a package is in use, and switching is one step."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.support.registry import Workshop
from tests.support.shared_app import once
from tests.unit.releases.conftest import NIX, RELEASES, Works
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import Version


@pytest.fixture
def two(works: Works) -> tuple[int, int]:
    """Two releases with bytes."""
    return once(
        works.app,
        "two releases",
        lambda: (works.uploaded("1.0.0", b"one"), works.uploaded("2.0.0", b"two")),
    )


def test_given_a_release_with_bytes_then_it_can_be_activated_and_is_what_active_means(
    works: Works, two: tuple[int, int]
) -> None:
    answer = works.post(two[0], "activate").ok()

    assert (answer.status, answer.data["status"]) == (200, "activated")
    assert answer.data["activated_at"] is not None
    assert works.get(two[0]) == answer.data
    assert works.shop.download("active").body == b"one"


def test_given_an_activated_release_then_another_takes_its_place_and_it_is_downloaded_again(
    works: Works, two: tuple[int, int]
) -> None:
    first = works.post(two[0], "activate").ok().data

    works.post(two[1], "activate").ok()

    before = works.get(two[0])
    assert (before["status"], works.status(two[1])) == ("downloaded", "activated")
    assert before["activated_at"] == first["activated_at"], "it says when it was last put to use"
    assert works.shop.download("active").body == b"two"


def test_given_an_activated_release_then_activating_it_again_changes_nothing(
    works: Works, two: tuple[int, int]
) -> None:
    first = works.post(two[0], "activate").ok().data

    assert works.post(two[0], "activate").ok().data == first


def test_given_a_deactivated_release_then_nothing_is_active(works: Works, two: tuple[int, int]) -> None:
    works.post(two[0], "activate").ok()

    answer = works.post(two[0], "deactivate").ok()

    assert answer.data["status"] == "downloaded"
    assert works.shop.download("active").status == 404
    assert works.post(two[0], "deactivate").ok().data == answer.data, "once more is no error"
    assert works.post(two[1], "activate").ok().data["status"] == "activated"


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
def test_given_a_release_without_bytes_then_409(works: Works, verb: str) -> None:
    waiting, failed = works.made("1.0.0"), works.made("2.0.0", source=NIX)
    works.factory.announced_bytes = 2**60
    works.work()

    for release_id, status in ((waiting, "created"), (failed, "failed")):
        answer = works.post(release_id, verb)
        assert (answer.status, answer.reason, answer.data["status"]) == (409, "conflict", status)
        assert works.status(release_id) == status


def test_given_two_packages_then_each_has_its_own_active_release(works: Works, two: tuple[int, int]) -> None:
    other = works.shop.new_package()
    works.shop.writer.put(
        works.shop.url("/upload/a.bin", package=other), b"other", query={"version": "1.0.0"}
    ).ok()
    other_id = works.shop.reader.get(works.shop.url("/versions/1.0.0", package=other)).data["id"]

    works.post(two[0], "activate").ok()
    works.post(other_id, "activate").ok()

    assert works.status(two[0]) == works.status(other_id) == "activated"


def test_given_an_activated_release_then_it_cannot_be_deleted_until_it_is_deactivated(
    works: Works, two: tuple[int, int]
) -> None:
    works.post(two[0], "activate").ok()

    refused = works.shop.maintainer.delete(f"{RELEASES}/{two[0]}")
    assert (refused.status, refused.data["status"]) == (409, "activated")

    works.post(two[0], "deactivate").ok()
    assert works.shop.maintainer.delete(f"{RELEASES}/{two[0]}").status == 204
    assert works.shop.reader.get(f"{RELEASES}/{two[0]}").status == 404


def test_given_a_deleted_release_then_its_name_accepts_only_its_old_bytes(works: Works) -> None:
    works.shop.maintainer.delete(f"{RELEASES}/{works.uploaded('1.0.0', b'old')}").ok()

    assert works.shop.upload(b"new", version="1.0.0").status == 409
    assert works.shop.upload(b"old", version="1.0.0").status == 200


def test_given_code_that_forgets_the_rule_then_the_database_keeps_it(
    works: Works, two: tuple[int, int]
) -> None:
    works.post(two[0], "activate").ok()

    with works.app.app_context():
        with reading() as session:
            package_id = session.execute(
                select(Package.id).where(Package.name == works.shop.package)
            ).scalar_one()
        second = update(Version).where(Version.id == two[1]).values(activated_in=package_id)
        with pytest.raises(IntegrityError), transaction() as tx:
            tx.session.execute(second)


@pytest.mark.parametrize(
    ("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403), ("writer", 200)]
)
def test_given_each_role_then_activating_needs_a_writer(
    works: Works, two: tuple[int, int], who: str, status: int
) -> None:
    assert works.post(two[0], "activate", getattr(works.shop, who)).status == status


@pytest.mark.parametrize(
    ("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403), ("writer", 403)]
)
def test_given_each_role_then_deleting_needs_a_maintainer(
    works: Works, two: tuple[int, int], who: str, status: int
) -> None:
    assert getattr(works.shop, who).delete(f"{RELEASES}/{two[0]}").status == status
    assert works.status(two[0]) == "downloaded"


def test_given_a_yanked_release_then_it_says_so(shop: Workshop) -> None:
    shop.upload(b"bytes", version="1.0.0").ok()
    number = shop.reader.get(shop.url("/versions/1.0.0")).ok().data["id"]
    assert shop.reader.get(f"/api/v1/packages/{number}").ok().data["yanked"] is None

    shop.writer.patch(shop.url("/versions/1.0.0"), {"yanked": "broken"}).ok()

    assert shop.reader.get(f"/api/v1/packages/{number}").ok().data["yanked"]["reason"] == "broken"
    listed = shop.reader.get("/api/v1/packages", query={"project": shop.project}).ok().items
    assert [each["yanked"]["reason"] for each in listed] == ["broken"]
