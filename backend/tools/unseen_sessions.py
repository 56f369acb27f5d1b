"""Measures whether time tells ids of other people's upload sessions from ids that nobody has.

`python -m tools.unseen_sessions http://127.0.0.1:8080 --holder KEY --stranger KEY --samples 10000`, with keys
of two people of a server that does nothing else. The holder begins sessions, gives half of them up, and
loses nothing by it that the stranger asks for them, in a package of their own and in the holder's, which the
stranger cannot see. Ids that were made up are asked for in two series: what differs between those is the
noise. Every answer is 404.
"""

import argparse
import http.client
import json
import random
import secrets
import statistics

from tools.timed_answers import TimedCaller, compare

KINDS = ("open", "given up", "made up", "made up again")
IDS = 50  # of each kind: each is asked for as often as any
WANTED = b'{"filename": "a.bin", "size": 1048576, "part_bytes": 262144}'


def begun(holder: TimedCaller, place: str, *, given_up: bool) -> list[str]:
    """Begin sessions, give them up if asked to, and return their ids."""
    ids = []
    for _ in range(IDS):
        _, body = holder.send("POST", place, WANTED, expected=http.client.CREATED)
        ids.append(json.loads(body)["data"]["id"])
        if given_up:
            holder.send("DELETE", f"{place}/{ids[-1]}", expected=http.client.NO_CONTENT)
    return ids


def made_up(like: str) -> str:
    """Return an id that nobody has."""
    return secrets.token_hex(len(like) // 2)


def measured(holder: TimedCaller, stranger: TimedCaller, samples: int) -> dict[str, dict[str, list[int]]]:
    """Return the nanoseconds of the answers, by where was asked and for what kind of id."""
    theirs, own = (f"{each.make_package()}/uploads/sessions" for each in (holder, stranger))
    known = {"given up": begun(holder, theirs, given_up=True), "open": begun(holder, theirs, given_up=False)}
    for kind in ("made up", "made up again"):
        known[kind] = [made_up(known["open"][0]) for _ in range(IDS)]
    took: dict[str, dict[str, list[int]]] = {}
    for where, place in (("in a package of one's own", own), ("in a package that one cannot see", theirs)):
        asked = [(kind, secrets.choice(known[kind])) for kind in KINDS for _ in range(samples)]
        random.shuffle(asked)
        series: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for kind, session_id in asked:
            took_ns, _ = stranger.send("GET", f"{place}/{session_id}", expected=http.client.NOT_FOUND)
            series[kind].append(took_ns)
        took[where] = series
    return took


def report(took: dict[str, dict[str, list[int]]]) -> bool:
    """Print what was measured; return False if the kinds differ by more than chance and noise."""
    is_equal = True
    for where, series in took.items():
        noise = compare(series["made up again"], series["made up"])
        found = {kind: compare(series[kind], series["made up"]) for kind in ("open", "given up")}
        middle = statistics.median(series["made up"]) / 1000
        differences = ", ".join(f"{kind} - made up {each}" for kind, each in found.items())
        print(f"{where}: median {middle:.0f} us of {len(series['made up'])}; {differences}, noise {noise}")
        is_equal = is_equal and all(each.is_noise_beside(noise) for each in found.values())
    return is_equal


def main() -> None:
    """Measure, print, and end with 1 if the kinds can be told apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the server is, as http://127.0.0.1:8080")
    parser.add_argument("--holder", required=True, help="a key of whoever has sessions")
    parser.add_argument("--stranger", required=True, help="a key of somebody else")
    parser.add_argument("--samples", type=int, default=10_000, help="questions of each kind")
    given = parser.parse_args()
    holder, stranger = (TimedCaller.of(given.address, key) for key in (given.holder, given.stranger))
    if not report(measured(holder, stranger, given.samples)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
