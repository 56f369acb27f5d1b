"""What was sent as immutable: the same URL never means other bytes, whatever happens to the package."""

from urllib.parse import quote

import pytest

from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop


def change(shop: Workshop, **values: str) -> Answer:
    """Change the package."""
    url = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    answer: Answer = shop.writer.patch(url, values)
    return answer


def names(shop: Workshop, version: str = "1.0.0") -> list[str]:
    """Return what the files of a version are called."""
    listed = shop.reader.get(shop.url(f"/versions/{version}/files")).ok().items
    return [each["filename"] for each in listed]


def delete(shop: Workshop, filename: str, version: str = "1.0.0") -> Answer:
    """Delete a file."""
    answer: Answer = shop.maintainer.delete(shop.url(f"/versions/{version}/files/{filename}"))
    return answer


@pytest.fixture
def widened(shop: Workshop) -> Workshop:
    """A package for several files; version 1.0.0 had its first one before, and has got another since."""
    shop.upload(b"one", "one.bin", version="1.0.0").ok()
    assert "immutable" in shop.download("version:1.0.0").ok().headers["Cache-Control"]
    change(shop, layout="files").ok()
    shop.upload(b"two", "two.bin", version="1.0.0").ok()
    return shop


def test_given_another_file_then_the_first_one_cannot_leave_it_alone(widened: Workshop) -> None:
    refused = delete(widened, "one.bin")

    assert (refused.status, refused.reason) == (409, "conflict")
    assert names(widened) == ["one.bin", "two.bin"]


def test_given_the_other_file_is_deleted_then_the_version_means_the_first(widened: Workshop) -> None:
    delete(widened, "two.bin").ok()

    answer = widened.download("version:1.0.0").ok()
    assert (answer.body, "immutable" in answer.headers["Cache-Control"]) == (b"one", True)


def test_given_all_files_deleted_then_the_version_takes_only_the_bytes_of_the_first(
    widened: Workshop,
) -> None:
    delete(widened, "two.bin").ok()
    delete(widened, "one.bin").ok()

    refused = widened.upload(b"three", "three.bin", version="1.0.0")
    widened.upload(b"one", "one.bin", version="1.0.0").ok()

    assert (refused.status, refused.reason) == (409, "version_taken")
    assert widened.download("version:1.0.0").ok().body == b"one"


def test_given_the_version_or_its_package_is_deleted_then_the_same_holds(
    widened: Workshop, administrator: ApiClient
) -> None:
    widened.maintainer.delete(widened.url("/versions/1.0.0")).ok()
    of_version = widened.upload(b"two", "two.bin", version="1.0.0")
    packages = f"/api/v1/project/{widened.project}/packages"
    widened.maintainer.delete(f"{packages}/{widened.package}", query={"force": "true"}).ok()
    administrator.post(packages, {"name": widened.package, "layout": "files"}).ok()
    of_package = widened.upload(b"two", "two.bin", version="1.0.0")

    assert (of_version.status, of_version.reason) == (409, "version_taken")
    assert (of_package.status, of_package.reason) == (409, "version_taken")


def test_given_a_version_that_came_later_then_any_of_its_files_may_go(widened: Workshop) -> None:
    widened.upload(b"one", "one.bin", version="2.0.0").ok()
    widened.upload(b"two", "two.bin", version="2.0.0").ok()

    delete(widened, "one.bin", "2.0.0").ok()

    assert widened.download("version:2.0.0").ok().body == b"two"


@pytest.mark.parametrize("name", ["1.x", "^1", "=1.5.0", "*"])
def test_given_a_version_called_like_a_range_then_it_is_not_kept_for_without_it_others_fit(
    shop: Workshop, name: str
) -> None:
    shop.upload(b"named", "a.bin", version=name).ok()
    shop.upload(b"fitting", "a.bin", version="1.5.0").ok()
    ref = f"version:{quote(name)}"

    kept = [shop.download(ref), shop.download(f"{ref}/a.bin")]

    assert [answer.ok().body for answer in kept] == [b"named"] * 2
    assert [answer.headers["Cache-Control"] for answer in kept] == ["private, no-cache"] * 2
