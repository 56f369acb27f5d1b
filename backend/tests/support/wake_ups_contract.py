"""What every way to wake workers promises; an adapter's test module supplies the fixture."""

import threading
import time

from wxcloudrun.stores.queue.port import WakeUps


class WakeUpsContract:
    """Needs the fixture `wake_ups`, through which nobody has been woken yet."""

    def test_messages_come_in_their_order(self, wake_ups: WakeUps) -> None:
        for number in (3, 1, 2):
            wake_ups.ring(number)

        assert [wake_ups.wait(0) for _ in range(4)] == [3, 1, 2, None]

    def test_a_look_takes_no_time(self, wake_ups: WakeUps) -> None:
        began_at = time.monotonic()

        assert wake_ups.wait(0) is None
        assert time.monotonic() - began_at < 0.2

    def test_nobody_waits_for_ever(self, wake_ups: WakeUps) -> None:
        began_at = time.monotonic()

        assert wake_ups.wait(0.25) is None
        assert 0.2 < time.monotonic() - began_at < 2

    def test_a_thread_that_waits_is_woken_at_once(self, wake_ups: WakeUps) -> None:
        threading.Timer(0.1, wake_ups.ring, [7]).start()
        began_at = time.monotonic()

        assert wake_ups.wait(1.5) == 7
        assert time.monotonic() - began_at < 1

    def test_one_of_several_threads_gets_a_message(self, wake_ups: WakeUps) -> None:
        woken: list[int | None] = []
        threads = [threading.Thread(target=lambda: woken.append(wake_ups.wait(0.5))) for _ in range(3)]
        for thread in threads:
            thread.start()
        wake_ups.ring(7)
        for thread in threads:
            thread.join()

        assert sorted(woken, key=str) == [7, None, None]

    def test_messages_get_through(self, wake_ups: WakeUps) -> None:
        wake_ups.check()
