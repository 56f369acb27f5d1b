"""Whatever changes what a protocol shows of a package raises its revision by one, and by no more."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.support.shared_app import once
from wxcloudrun.kit.db import reading
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import PackageRevision

NAME = "pypi:hello-h7"
type Change = Callable[[Workshop], Answer]


def url(shop: Workshop, rest: str) -> str:
    """Return an address below the package."""
    return shop.url(rest, package=NAME)


def put(shop: Workshop, data: bytes, filename: str, **names: str) -> Answer:
    """Upload a file."""
    return shop.writer.put(url(shop, f"/upload/{filename}"), data, query=names)


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package of PyPI's format with two versions, and a tag."""

    def fill() -> Workshop:
        body = {"name": NAME}
        shop.owner.post(f"/api/v1/project/{shop.project}/packages", body).ok()
        put(shop, b"one", "a.txt", version="1.0").ok()
        put(shop, b"two", "b.txt", version="1.0").ok()
        put(shop, b"more", "a.txt", version="2.0").ok()
        shop.writer.put(url(shop, "/tags/stable"), json={"version": "2.0"}).ok()
        return shop

    return once(app, "a package with a protocol", fill)


def revision(app: Flask, name: str) -> tuple[int, str] | None:
    """Return how often a package has changed, and the mark of the last time."""
    with app.app_context(), reading() as session:
        found = session.execute(
            select(PackageRevision.revision, PackageRevision.mark)
            .join(Package, Package.id == PackageRevision.package_id)
            .where(Package.name == name)
        ).one_or_none()
        return None if found is None else (found.revision, found.mark)


CHANGES: dict[str, Change] = {
    "a file of a new version": lambda s: put(s, b"new", "c.txt", version="3.0"),
    "a file of a version that is there": lambda s: put(s, b"new", "c.txt", version="1.0"),
    "a file and a tag at once": lambda s: put(s, b"new", "c.txt", version="3.0", tag="beta"),
    "a deleted file": lambda s: s.owner.delete(url(s, "/versions/1.0/files/a.txt")),
    "a deleted version with its tag": lambda s: s.owner.delete(url(s, "/versions/2.0")),
    "yanked": lambda s: s.writer.patch(url(s, "/versions/1.0"), {"yanked": ""}),
    "deprecated": lambda s: s.writer.patch(url(s, "/versions/1.0"), {"deprecated": "use 2"}),
    "sealed": lambda s: s.writer.post(url(s, "/versions/1.0/seal")),
    "a new tag": lambda s: s.writer.put(url(s, "/tags/beta"), json={"version": "1.0"}),
    "a moved tag": lambda s: s.writer.put(url(s, "/tags/stable"), json={"version": "1.0"}),
    "a deleted tag": lambda s: s.writer.delete(url(s, "/tags/stable")),
    "described": lambda s: s.writer.patch(
        f"/api/v1/project/{s.project}/packages/{NAME}", {"description": "new"}
    ),
}
NO_CHANGES: dict[str, Change] = {
    "the same bytes again": lambda s: put(s, b"one", "a.txt", version="1.0"),
    "a refused file": lambda s: put(s, b"other", "a.txt", version="1.0"),
    "the tag where it was": lambda s: s.writer.put(url(s, "/tags/stable"), json={"version": "2.0"}),
    "not yanked": lambda s: s.writer.patch(url(s, "/versions/1.0"), {"yanked": None}),
    "read": lambda s: s.reader.get(url(s, "/versions/1.0")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_given_a_change_then_the_revision_is_the_next_and_has_another_mark(
    app: Flask, package: Workshop, name: str
) -> None:
    before = revision(app, "hello-h7")

    CHANGES[name](package).ok()

    after = revision(app, "hello-h7")
    assert before is not None
    assert after is not None
    assert after[0] == before[0] + 1
    assert after[1] != before[1]


@pytest.mark.parametrize("name", NO_CHANGES)
def test_given_nothing_new_then_the_revision_stays(app: Flask, package: Workshop, name: str) -> None:
    before = revision(app, "hello-h7")

    NO_CHANGES[name](package)

    assert revision(app, "hello-h7") == before


def test_given_a_generic_package_then_it_has_none(app: Flask, shop: Workshop) -> None:
    shop.upload(b"bytes", version="1:2.0").ok()

    assert revision(app, shop.package) is None
