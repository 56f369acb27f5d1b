"""What was written down while the clock was ahead keeps no garbage for years."""

import pytest

from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import DAY_SECONDS, LINK_SECONDS, Keeper
from wxcloudrun.artifacts.models import Artifact, Lease, PendingDeletion
from wxcloudrun.artifacts.service.leases import LONGEST_LEASE
from wxcloudrun.kit.clock import rfc3339


@pytest.fixture
def _garbage(shop: Workshop) -> None:
    shop.upload(b"gone", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()


@pytest.mark.usefixtures("_garbage")
def test_given_a_grace_time_that_began_in_the_future_then_it_begins_now(keeper: Keeper, time: Clock) -> None:
    with time.ahead(days=400):
        keeper.collect(grace_seconds=DAY_SECONDS)

    looked = keeper.collect(grace_seconds=DAY_SECONDS, dry_run=True)
    waits = keeper.collect(grace_seconds=DAY_SECONDS)
    for report in (looked, waits):
        assert [each.unreferenced_since for each in report.waiting] == [rfc3339(time.now())]
    time.advance(days=1)

    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 1
    assert keeper.count(Artifact) == 0


@pytest.mark.usefixtures("_garbage")
def test_given_an_object_that_has_to_wait_for_years_then_it_goes_now(keeper: Keeper, time: Clock) -> None:
    with time.ahead(days=400):
        keeper.collect()
    assert keeper.collect(dry_run=True).objects_go_until is None

    assert keeper.collect().objects == 1
    assert keeper.object_keys() == set()
    assert keeper.count(PendingDeletion) == 0


@pytest.mark.usefixtures("_garbage")
def test_given_a_shorter_link_time_then_objects_still_wait_for_links_of_the_longer_one(
    keeper: Keeper, time: Clock
) -> None:
    with time.ahead(days=7, seconds=-LINK_SECONDS):
        keeper.collect()

    assert keeper.collect().objects == 0
    assert len(keeper.object_keys()) == 1


@pytest.mark.parametrize(("too_long", "expired"), [(240, 0), (360, 1)])
def test_given_a_lease_that_would_last_longer_than_any_then_it_is_over(
    keeper: Keeper, too_long: int, expired: int
) -> None:
    keeper.lease(keeper.orphan(), seconds=int(LONGEST_LEASE.total_seconds()) + too_long)

    assert keeper.sweep().expired_leases == expired
    assert keeper.count(Lease) == 1 - expired
