"""Measures whether time tells an uploader bytes that an unseen project holds from bytes that nobody has.

`python -m tools.unseen_bytes http://127.0.0.1:8080 --holder KEY --sender KEY --samples 10000`, with keys of
two people of a server that does nothing else. Uploads of both kinds come in random order on one connection,
each followed by a request that would wait for whatever the server does behind its answer. New bytes are
sent in two series: what differs between those is the noise. All bytes are made beforehand: what this program
has at hand would else be sent sooner.
"""

import argparse
import random
import secrets
import statistics

from tools.timed_answers import TimedCaller, compare

BODY_BYTES = 4096
KINDS = ("held", "new", "again")


def measured(holder: TimedCaller, sender: TimedCaller, samples: int) -> dict[str, dict[str, list[int]]]:
    """Return the nanoseconds of the answers and of the requests behind them, by kind of bytes."""
    held_at, sent_to = (f"{each.make_package()}/upload/file.bin" for each in (holder, sender))
    order = [(kind, secrets.token_bytes(BODY_BYTES)) for kind in KINDS for _ in range(samples)]
    for kind, data in order:
        if kind == "held":
            holder.send("PUT", held_at, data, "application/octet-stream")
    sender.connection.close()  # opened again by the next request: it was idle for longer than a server waits
    random.shuffle(order)
    took: dict[str, dict[str, list[int]]] = {
        what: {kind: [] for kind in KINDS} for what in ("answer", "next")
    }
    for kind, data in order:
        took["answer"][kind].append(sender.send("PUT", sent_to, data, "application/octet-stream")[0])
        took["next"][kind].append(sender.send("GET", "/api/health")[0])
    return took


def report(took: dict[str, dict[str, list[int]]]) -> bool:
    """Print what was measured; return False if the kinds differ by more than chance and noise."""
    is_equal = True
    for what, series in took.items():
        found, noise = compare(series["held"], series["new"]), compare(series["again"], series["new"])
        middle = statistics.median(series["new"]) / 1000
        print(
            f"{what}: median {middle:.0f} us of {len(series['new'])}; held - new {found}, new - new {noise}"
        )
        is_equal = is_equal and found.is_noise_beside(noise)
    return is_equal


def main() -> None:
    """Measure, print, and end with 1 if the kinds can be told apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the server is, as http://127.0.0.1:8080")
    parser.add_argument("--holder", required=True, help="a key of whoever has the bytes")
    parser.add_argument("--sender", required=True, help="a key of somebody else")
    parser.add_argument("--samples", type=int, default=10_000, help="uploads of each kind")
    given = parser.parse_args()
    holder, sender = (TimedCaller.of(given.address, key) for key in (given.holder, given.sender))
    if not report(measured(holder, sender, given.samples)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
