"""Strangers may let versions be looked through so often; what was looked for before is not counted."""

import pytest

from tests.support import builders
from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.registry import Workshop, workshop
from tests.support.statements import recorded

pytestmark = pytest.mark.one_process  # each process counts for itself


@pytest.fixture
def shop(make_app: MakeApp) -> Workshop:
    """A public package with versions, where strangers may ask for two ranges a minute."""
    app = make_app(RATELIMIT_RESOLVE="2/minute")
    shop = workshop(ApiClient(sender(app)), lambda name: builders.person(app, name), is_public=True)
    for number in range(3):
        shop.upload(b"%d" % number, version=f"1.{number}.0").ok()
    return shop


def test_given_more_new_ranges_than_may_be_then_strangers_wait_and_members_do_not(shop: Workshop) -> None:
    statuses = [shop.anonymous.get(shop.url(f"/+/version:<=1.{number}")).status for number in range(3)]

    assert statuses == [200, 200, 429]
    refused = shop.anonymous.get(shop.url("/resolve"), query={"ref": "version:>=1"})
    assert (refused.status, refused.data["reason"], refused.data["limit"]) == (429, "too_many_requests", 2)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert shop.download("version:>=1").body == b"2"


def test_given_what_was_looked_for_before_or_has_a_name_then_it_is_not_counted_and_costs_no_more(
    shop: Workshop,
) -> None:
    shop.reader.get(shop.url("/+/latest")).ok()

    with recorded() as for_members:
        shop.reader.get(shop.url("/+/latest")).ok()
    for _ in range(5):
        with recorded() as for_strangers:
            shop.anonymous.get(shop.url("/+/latest")).ok()
        shop.anonymous.get(shop.url("/+/version:1.0.0")).ok()

    assert len(for_strangers) < len(for_members), "nobody looks for a credential, and nothing is counted"
    statuses = [shop.anonymous.get(shop.url(f"/+/version:<=1.{number}")).status for number in range(3)]
    assert statuses == [200, 200, 429]


def test_given_versions_that_have_changed_then_a_range_counts_again(shop: Workshop) -> None:
    def ask() -> int:
        return shop.anonymous.get(shop.url("/+/latest")).status

    statuses = [ask(), ask()]
    for number in range(2):
        shop.upload(b"new %d" % number, version=f"2.{number}.0").ok()
        statuses.append(ask())

    assert statuses == [200, 200, 200, 429]
