"""What happens on the way of an operation or behind it, in the background, and what the log has of it."""

from collections.abc import Callable

import pytest

from tests.support.moments import Clock
from tests.unit.audit.changing import Changing
from tests.unit.audit.conftest import entries
from tests.unit.audit.test_every_change_is_recorded import fits, world
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService

__all__ = ["world"]  # a fixture

type Happening = Callable[[Changing, Clock], object]


def add_file(world: Changing, _time: Clock) -> None:
    """Upload a second file of a version."""
    shop = world.shop
    shop.owner.patch(f"/api/v1/{world.project}/packages/{shop.package}", {"layout": "files"}).ok()
    for name in ("one.bin", "two.bin"):
        shop.upload(name.encode(), name, version="1.0.0").ok()


def fail_session(world: Changing, _time: Clock) -> None:
    """Complete an upload session with another checksum than its bytes have."""
    writer, url = world.shop.writer, world.session()
    writer.put(f"{url}/parts/1", b"x").ok()
    assert writer.post(f"{url}/complete", {"sha256": "0" * 64}).reason == "checksum_mismatch"


def let_session_expire(world: Changing, time: Clock) -> None:
    """Begin an upload session and do not go on with it."""
    world.session()
    time.advance(days=2)
    with world.app.app_context():
        assert world.app.extensions["services"][UploadExpiryService].run() == 1


def adopt(world: Changing, _time: Clock) -> None:
    """Let a package be taken over, in the background."""
    world.shop.upload(b"x", "other.bin").ok()
    world.shop.writer.post(world.shop.url("/adopt"), {"format": "pypi"}).ok()
    with world.app.app_context():
        assert world.app.extensions["services"][WorkService].run_due() > 0


FOLLOWS: dict[str, tuple[Happening, str]] = {
    "version.made": (
        lambda world, _: world.shop.upload(b"x", version="1.0.0").ok(),
        "{package}/version/1.0.0",
    ),
    "file.added": (add_file, "{package}/version/1.0.0"),
    "upload_session.failed": (fail_session, "{package}/upload-session/*"),
    "upload_session.expired": (let_session_expire, "{package}/upload-session/*"),
    "release.failed": (lambda world, _: world.failed_release(), "{package}/version/2.0.0"),
    "adoption.finished": (adopt, "{package}"),
}


@pytest.mark.same_everywhere
@pytest.mark.parametrize("action", FOLLOWS)
def test_given_what_follows_then_the_log_has_it(world: Changing, time: Clock, action: str) -> None:
    happening, what = FOLLOWS[action]

    happening(world, time)

    expected = what.format(project=world.project, package=world.package)
    found = entries(world.root, action=action)
    assert found, "something was recorded"
    assert fits(found[-1]["object"], expected), (found[-1], expected)


def test_given_a_session_that_failed_then_the_log_says_of_what(world: Changing, time: Clock) -> None:
    fail_session(world, time)

    [entry] = entries(world.root, action="upload_session.failed")
    assert entry["after"] == {"reason": "checksum_mismatch"}
    assert entry["actor_id"] == world.shop.people["writer"].id
