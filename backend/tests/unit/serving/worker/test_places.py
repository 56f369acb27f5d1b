"""Places for long bodies, in all and for one client."""

from typing import Any

import pytest

from wxcloudrun.kit.errors import Busy
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.places import DOWN, UP, Places


def places(**limits: Any) -> Places:
    """Return places with these limits."""
    return Places(ServingLimits(**limits))


def test_given_all_places_taken_then_nobody_gets_one_until_one_is_free() -> None:
    few = places(uploads=1, downloads=1)
    first = few.take(UP, "one")
    few.take(DOWN, "one")

    with pytest.raises(Busy):
        few.take(UP, "other")
    with pytest.raises(Busy):
        few.reserve(UP)
    first.give_back()
    few.take(UP, "other")


def test_given_a_client_with_its_share_then_only_that_client_waits() -> None:
    shared = places(downloads_per_client=2)
    first = shared.take(DOWN, "one")
    shared.take(DOWN, "one")

    with pytest.raises(Busy):
        shared.take(DOWN, "one")
    shared.take(DOWN, "other")
    first.give_back()
    shared.take(DOWN, "one")


def test_given_a_place_that_is_given_back_twice_then_it_counts_once() -> None:
    few = places(uploads=1)
    first = few.take(UP, "one")
    first.give_back()
    first.give_back()
    few.take(UP, "one")

    with pytest.raises(Busy):
        few.take(UP, "one")


def test_given_no_limit_for_a_client_then_the_whole_is_its_limit() -> None:
    free = places(downloads_per_client=0, downloads=3)
    for _ in range(3):
        free.take(DOWN, "one")

    with pytest.raises(Busy):
        free.take(DOWN, "one")


def test_given_a_service_that_stops_then_nobody_begins() -> None:
    closing = places()
    closing.is_closing = True

    with pytest.raises(Busy):
        closing.take(DOWN, "one")
    with pytest.raises(Busy):
        closing.reserve(UP)


def test_given_a_client_with_many_downloads_then_its_uploads_have_a_share_of_their_own() -> None:
    shared = places(downloads_per_client=1, uploads_per_client=1)
    shared.take(DOWN, "one")
    shared.take(UP, "one")

    with pytest.raises(Busy):
        shared.take(UP, "one")
    shared.take(UP, "other")


def test_given_the_defaults_then_no_client_can_take_all_places_of_uploads() -> None:
    standard = places()
    for _ in range(ServingLimits().uploads // 4):
        standard.take(UP, "one")

    with pytest.raises(Busy):
        standard.take(UP, "one")
    standard.take(UP, "other")


def test_given_a_place_for_somebody_unknown_then_it_counts_at_once_and_for_the_client_once_it_is_known() -> (
    None
):
    few = places(uploads=3, uploads_per_client=1)
    first, second, third = (few.reserve(UP) for _ in range(3))
    with pytest.raises(Busy):
        few.reserve(UP)

    first.belongs_to("one")
    with pytest.raises(Busy):
        second.belongs_to("one")
    second.give_back()
    first.give_back()
    third.belongs_to("one")
    third.give_back()
    few.take(UP, "one")
