"""What every adapter of the rate counters promises; an adapter's test module supplies the fixtures."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.support.moments import Clock
from wxcloudrun.kit import ids
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit, Tally

MINUTE = RateLimit(10, 60)

Within = Callable[[Callable[[], list[int]]], list[int]]


def fresh(kind: str = "test", limit: RateLimit = MINUTE) -> Counter:
    """Return a counter that nobody has hit."""
    return Counter.of(kind, limit, ids.new_id())


class RateCountersContract:
    """Needs the fixtures `counters` and `within` (runs work as a request of its own)."""

    def test_hits_are_numbered_from_one(self, counters: RateCounters) -> None:
        counter = fresh()

        assert [counters.hit([counter])[0].hits for _ in range(3)] == [1, 2, 3]

    def test_a_window_says_when_it_ends(self, counters: RateCounters) -> None:
        [tally] = counters.hit([fresh()])

        assert 58 <= tally.seconds_left <= 60

    def test_counters_are_apart(self, counters: RateCounters) -> None:
        one, other = fresh(), fresh()
        counters.hit([one])

        assert [tally.hits for tally in counters.hit([other, one])] == [1, 2], "in the order asked for"

    def test_a_hit_can_be_taken_back(self, counters: RateCounters) -> None:
        one, other = fresh(), fresh()
        counters.hit([one, other])
        counters.hit([one])

        counters.take_back([one])

        assert [tally.hits for tally in counters.hit([one, other])] == [2, 2]

    def test_what_was_never_hit_can_be_taken_back_and_stays_at_nothing(self, counters: RateCounters) -> None:
        counter = fresh()

        counters.take_back([counter])

        assert counters.hit([counter])[0].hits == 1

    def test_nothing_is_nothing(self, counters: RateCounters) -> None:
        assert counters.hit([]) == []

    def test_of_those_who_hit_at_once_each_has_a_number_of_their_own(
        self, counters: RateCounters, within: Within
    ) -> None:
        counter = fresh()

        def hit(_: int) -> list[int]:
            return within(lambda: [counters.hit([counter])[0].hits for _ in range(5)])

        with ThreadPoolExecutor(8) as pool:
            numbers = [number for found in pool.map(hit, range(8)) for number in found]

        assert sorted(numbers) == list(range(1, 41))


class SqlCountersContract(RateCountersContract):
    """What counters in a database promise besides; on both databases."""

    def test_given_a_clock_that_was_ahead_then_the_window_ends_in_time_and_keeps_its_hits(
        self, counters: RateCounters, time: Clock
    ) -> None:
        counter = fresh()
        with time.ahead(days=400):
            counters.hit([counter])

        assert counters.hit([counter]) == [Tally(2, 60)]
        time.advance(seconds=59)
        assert counters.hit([counter]) == [Tally(3, 1)], "no hit prolongs it"
        time.advance(seconds=1)
        assert counters.hit([counter]) == [Tally(1, 60)]

    def test_given_servers_whose_clocks_differ_then_their_hits_are_counted_together(
        self, counters: RateCounters, time: Clock
    ) -> None:
        counter, seen = fresh(), []
        for _ in range(3):
            with time.ahead(minutes=4):
                seen += [tally.hits for tally in counters.hit([counter])]
            seen += [tally.hits for tally in counters.hit([counter])]

        assert seen == [1, 2, 3, 4, 5, 6]
