"""A job has its effect only if whoever has asked for it still may; else it fails, and nothing stays."""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support import builders
from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.logins import PASSWORD
from tests.support.registry import Workshop
from tests.unit.adoption.test_adoption import own_wheel
from tests.unit.releases.conftest import NIX, RELEASES, Factory, Works
from tests.unit.releases.test_obtain import jobs, objects
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.security import Scope
from wxcloudrun.users.models import User

GONE = "any more: their key, account or role has gone"


@pytest.fixture
def works(app: Flask, shop: Workshop) -> Works:
    """A project with a factory."""
    return Works(app, shop, Factory())


@pytest.fixture
def robot(app: Flask, shop: Workshop) -> ApiClient:
    """The writer, with a key."""
    return shop.writer.as_(builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE})))


@pytest.fixture
def person(works: Works, password_hash: str) -> ApiClient:
    """The writer, logged in."""
    writer = works.shop.people["writer"]
    works.change(update(User).where(User.id == writer.id).values(password_hash=password_hash))
    login = {"email": writer.email, "password": PASSWORD}
    data = works.client.post("/api/v1/auth/login", login).ok().data
    return works.client.as_(data["access_token"])


def revoke_key(works: Works) -> None:
    """End every key of the writer."""
    theirs = ApiKey.user_id == works.shop.people["writer"].id
    works.change(update(ApiKey).where(theirs).values(revoked_at=clock.now()))


def narrow_key(works: Works) -> None:
    """Leave every key of the writer what takes no release."""
    theirs = ApiKey.user_id == works.shop.people["writer"].id
    works.change(update(ApiKey).where(theirs).values(scopes="read upload"))


def deactivate(works: Works) -> None:
    """Deactivate the writer."""
    works.change(update(User).where(User.id == works.shop.people["writer"].id).values(is_active=False))


def demote(works: Works) -> None:
    """Let the writer only read."""
    member = f"/api/v1/project/{works.shop.project}/members/{works.shop.people['writer'].id}"
    works.shop.owner.request("PUT", member, json={"role": "reader"}).ok()


def expel(works: Works) -> None:
    """Let the writer be no member."""
    member = f"/api/v1/project/{works.shop.project}/members/{works.shop.people['writer'].id}"
    works.shop.owner.delete(member).ok()


LOSSES: Mapping[str, tuple[Callable[[Works], None], bool]] = {
    "a key that is revoked": (revoke_key, True),
    "a key that may do less": (narrow_key, True),
    "a user with a key who is deactivated": (deactivate, True),
    "a user who is deactivated": (deactivate, False),
    "a member who may only read": (demote, False),
    "somebody who is no member": (expel, False),
}


@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize("loss", LOSSES)
def test_given_an_orderer_who_has_lost_the_right_then_the_release_fails_and_nothing_stays(
    app: Flask, works: Works, robot: ApiClient, person: ApiClient, loss: str, when: str
) -> None:
    lose, by_key = LOSSES[loss]
    asked = robot if by_key else person
    body = {"name": works.shop.package, "version": "1.0.0", "project": works.shop.project, "source": NIX}
    release_id = asked.post(RELEASES, body).ok().data["id"]

    def blocks() -> Iterator[bytes]:
        yield b"built "
        lose(works)
        yield b"bytes"

    if when == "before":
        lose(works)
    else:
        works.factory.blocks = blocks
    works.work()

    release = works.shop.owner.get(f"{RELEASES}/{release_id}").ok().data
    assert (release["status"], release["artifact_id"]) == ("failed", None)
    assert GONE in release["error"]
    [job] = jobs(app)
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert GONE in str(job.error)
    assert len(works.factory.asked) == (0 if when == "before" else 1)
    assert (objects(app), works.count(Artifact)) == ([], 0)


def test_given_a_failed_one_then_somebody_who_may_asks_for_it_again(works: Works, robot: ApiClient) -> None:
    body = {"name": works.shop.package, "version": "1.0.0", "project": works.shop.project, "source": NIX}
    release_id = robot.post(RELEASES, body).ok().data["id"]
    revoke_key(works)
    works.work()

    works.post(release_id, "retry", works.shop.maintainer).ok()
    works.work()

    assert works.status(release_id) == "downloaded"


def test_given_a_login_that_is_over_or_all_keys_gone_then_what_a_person_asked_for_is_done(
    works: Works, person: ApiClient
) -> None:
    body = {"name": works.shop.package, "version": "1.0.0", "project": works.shop.project, "source": NIX}
    release_id = person.post(RELEASES, body).ok().data["id"]
    person.post("/api/v1/auth/logout").ok()
    assert person.get("/api/v1/auth/me").status == 401
    revoke_key(works)

    works.work()

    assert works.status(release_id) == "downloaded"


def test_given_a_job_of_before_which_names_nobody_then_it_is_done(app: Flask, works: Works) -> None:
    release_id = works.made("1.0.0", source=NIX)
    [job] = jobs(app)
    arguments = {**json.loads(job.arguments)}
    assert {arguments.pop("ordered_by"), arguments.pop("with_key") is None} == {job.created_by, False}
    works.change(update(Job).values(arguments=json.dumps(arguments)))
    revoke_key(works)

    works.work()

    assert works.status(release_id) == "downloaded"


@pytest.mark.parametrize("loss", ["a key that is revoked", "a user with a key who is deactivated"])
def test_given_an_adoption_whose_orderer_has_lost_the_right_then_it_fails_and_adopts_nothing(
    app: Flask, works: Works, robot: ApiClient, loss: str
) -> None:
    shop = works.shop
    wheel = f"{shop.package.replace('-', '_')}-1.0.0-py3-none-any.whl"
    shop.upload(own_wheel(shop.package, "1.0.0"), wheel).ok()
    robot.post(shop.url("/adopt"), {"format": "pypi"}).ok()
    LOSSES[loss][0](works)

    Inside(app).work()

    [job] = jobs(app)
    assert (job.state, GONE in str(job.error)) == (JobState.FAILED, True)
    versions = shop.owner.get(shop.url("/versions", package=f"pypi:{shop.package}")).ok().data
    assert versions["items"] == []


def test_given_an_adoption_whose_orderer_may_still_then_it_is_done(
    app: Flask, works: Works, robot: ApiClient
) -> None:
    shop = works.shop
    wheel = f"{shop.package.replace('-', '_')}-1.0.0-py3-none-any.whl"
    shop.upload(own_wheel(shop.package, "1.0.0"), wheel).ok()
    robot.post(shop.url("/adopt"), {"format": "pypi"}).ok()

    Inside(app).work()

    versions = shop.owner.get(shop.url("/versions", package=f"pypi:{shop.package}")).ok().data
    assert [each["version"] for each in versions["items"]] == ["1.0.0"]
