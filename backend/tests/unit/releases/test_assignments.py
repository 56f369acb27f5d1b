"""A job fills the very release that it was made for, whatever has the same id by the time it ends."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import PersonMaker, Workshop, workshop
from tests.unit.releases.conftest import NIX, RELEASES, Works
from tests.unit.releases.test_obtain import failing, jobs, objects
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.releases.errors import NotObtained
from wxcloudrun.releases.models import ReleaseLog
from wxcloudrun.versions.models import Version

FOREIGN = b"bytes that the first project waited for"
NOTHING = {"status": "created", "artifact_id": None, "error": None, "downloaded_at": None}


@pytest.fixture
def other(client: ApiClient, make_person: PersonMaker) -> Workshop:
    """Another private project, of other people."""
    return workshop(client, make_person)


def made_in(other: Workshop) -> int:
    """Make a release there that waits for an upload, and return its id."""
    body = {"name": other.package, "version": "1.0.0", "project": other.project}
    return int(other.writer.post(RELEASES, body).ok().data["id"])


def give_id(app: Flask, release_id: int, new_id: int) -> None:
    """Let a release have the id that another one had, as if the database gave ids twice."""
    with app.app_context(), transaction() as tx:
        tx.session.execute(update(Version).where(Version.id == release_id).values(id=new_id))


def facts(other: Workshop, release_id: int) -> dict[str, object]:
    """Return what tells whether a release was given bytes, or a failure."""
    data = other.reader.get(f"{RELEASES}/{release_id}").ok().data
    return {name: data[name] for name in NOTHING}


def logs(app: Flask) -> list[ReleaseLog]:
    """Return every log that is kept."""
    with app.app_context(), reading() as session:
        return list(session.execute(select(ReleaseLog)).scalars())


def test_given_a_deleted_release_then_its_id_is_not_given_again(works: Works, other: Workshop) -> None:
    deleted = works.made("1.0.0", source=NIX)
    works.shop.maintainer.delete(f"{RELEASES}/{deleted}").ok()

    assert made_in(other) > deleted


@pytest.fixture
def replaced(works: Works, other: Workshop) -> Callable[[], int]:
    """Delete the release of the waiting job, and let another project's new one have its id."""
    release_id = works.made("1.0.0", source=NIX)

    def replace() -> int:
        works.shop.maintainer.delete(f"{RELEASES}/{release_id}").ok()
        give_id(works.app, made_in(other), release_id)
        return release_id

    return replace


def test_given_another_release_of_the_same_id_while_bytes_come_then_it_gets_none_of_them(
    works: Works, other: Workshop, replaced: Callable[[], int]
) -> None:
    ids: list[int] = []

    def blocks() -> Iterator[bytes]:
        yield FOREIGN[:10]
        ids.append(replaced())
        yield FOREIGN[10:]

    works.factory.blocks = blocks
    assert works.work() == 1

    assert facts(other, ids[0]) == NOTHING
    assert (jobs(works.app)[0].state, logs(works.app), objects(works.app)) == ("cancelled", [], [])
    other.upload(b"the owner's own", version="1.0.0").ok()
    assert other.download("version:1.0.0").body == b"the owner's own"
    assert other.reader.get(f"{RELEASES}/{ids[0]}").ok().data["artifact_id"] == sha256(b"the owner's own")


def test_given_another_release_of_the_same_id_before_the_job_begins_then_no_source_is_asked(
    works: Works, other: Workshop, replaced: Callable[[], int]
) -> None:
    release_id = replaced()

    assert works.work() == 1

    assert works.factory.asked == []
    assert (facts(other, release_id), jobs(works.app)[0].state) == (NOTHING, "cancelled")


def test_given_another_release_of_the_same_id_when_the_source_fails_then_it_has_not_failed(
    works: Works, other: Workshop, replaced: Callable[[], int]
) -> None:
    ids: list[int] = []

    def blocks() -> Iterator[bytes]:
        ids.append(replaced())
        yield from failing(NotObtained("the builder of the first project failed"))

    works.factory.blocks = blocks
    works.work()

    assert (facts(other, ids[0]), logs(works.app)) == (NOTHING, [])
