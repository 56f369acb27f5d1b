"""How long a run takes on a quiet two-core machine: costs seen once, for 1 GiB and with all peers."""

from collections.abc import Sequence

from benchmarks.options import MIB, Options

GIB = 1024 * MIB
START_SECONDS = 25.0  # of everybody who takes part
FILL_SECONDS = 12.0  # for the lists that questions are asked about
CROWD_SECONDS = 150.0  # for a project of a thousand files, with devpi
CROWD_OF_NODE_SECONDS = 60.0  # for a package of five hundred versions, with Verdaccio

# Seconds for each GiB: what is put in and removed once; what a round takes with its fresh bytes; what
# those add to a round that `--quick` leaves out.
PER_GIB: dict[str, tuple[float, float, float]] = {
    "large up, raw PUT": (5, 24, 0),
    "large up, raw PUT, 8 streams": (5, 24, 0),
    "large up, multipart form": (5, 13, 15),
    "large down": (14, 5, 4),
    "large down, 8 streams": (14, 8, 4),
    "large up to ": (6, 16, 8),
    "large down from ": (16, 4, 2),
}
# Seconds for each round, whatever the size.
PER_ROUND: dict[str, float] = {
    "cold start": 6,
    "largest process": 8,
    "choose among": 1,
    "Python: a project of 1 000 files, processor time": 8,
    "Python: pip install": 12,
    "Python: 10 MB": 3,
    "npm: a package of 500 versions, processor time": 3,
    "npm: 500 versions abbreviated, processor time": 3,
    "npm: npm install": 6,
    "npm: 10 MB": 2,
}
# How many contenders take part in works of many requests, quickly and wholly; the others are one.
LOADED: dict[str, tuple[int, int]] = {
    "10 KB up": (2, 4),
    "10 KB down": (3, 4),
    "Python: a project of 1 000 files, 8": (0, 3),
    "npm: a package of 500 versions, 8": (0, 2),
    "npm: 500 versions abbreviated, 8": (0, 2),
}


def seconds(work: str, options: Options) -> float:
    """Return what a work takes with all its rounds."""
    for start, each in PER_ROUND.items():
        if work.startswith(start):
            return each * options.rounds
    # The longest name that fits, since some begin like others.
    fitting = [start for start in PER_GIB if work.startswith(start)]
    if fitting:
        once, each, more = PER_GIB[max(fitting, key=len)]
        each += 0 if options.is_quick else more
        return (once + each * options.rounds) * options.size_bytes / GIB
    quickly, wholly = next((many for start, many in LOADED.items() if work.startswith(start)), (1, 1))
    return float((quickly if options.is_quick else wholly) * options.seconds * options.rounds)


def left(works: Sequence[str], options: Options) -> float:
    """Return what all these works take together."""
    filled = FILL_SECONDS if any("resolve" in work or "page" in work for work in works) else 0.0
    crowded = CROWD_SECONDS if any("1 000 files, 8" in work for work in works) else 0.0
    crowded += CROWD_OF_NODE_SECONDS if any("500 versions" in work for work in works) else 0.0
    return filled + crowded + sum(seconds(work, options) for work in works)


def clock(duration_seconds: float) -> str:
    """Write minutes and seconds."""
    minutes, rest = divmod(round(duration_seconds), 60)
    return f"{minutes}:{rest:02d}"
