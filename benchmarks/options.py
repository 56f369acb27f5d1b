"""What can be chosen on the command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
# What `--quick` leaves out: figures that no target is held against.
QUICK = {"rounds": 3, "seconds": 3, "minutes": 8.5}
NOT_QUICK = ("8 streams", "choose among", "Python: ", "npm: ")
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Options:
    """How large, how often, how long, and what."""

    size_bytes: int
    rounds: int
    seconds: int
    only: tuple[str, ...]
    peers: bool
    s3: bool
    is_quick: bool
    minutes: float
    results: Path
    name: str

    def includes(self, work: str) -> bool:
        """Tell whether a work was asked for."""
        if self.is_quick and any(text in work for text in NOT_QUICK):
            return False
        return any(text in work for text in self.only)

    @classmethod
    def parse(cls, arguments: list[str]) -> "Options":
        """Read the command line."""
        parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
        parser.add_argument("--size-mib", type=int, default=1024, help="size of the large file (1024)")
        parser.add_argument("--rounds", type=int, default=5, help="how often each work is done (5)")
        parser.add_argument("--seconds", type=int, default=5, help="how long many small requests go on (5)")
        parser.add_argument(
            "--only",
            default="",
            help="only work whose name contains one of these texts, with commas between them",
        )
        parser.add_argument("--no-peers", action="store_true", help="measure this service alone")
        parser.add_argument("--no-s3", action="store_true", help="leave the S3 stores out")
        parser.add_argument(
            "--quick",
            action="store_true",
            help="what the targets need, in under 10 minutes on a quiet machine: 3 rounds, no registries of "
            "packages, no eight large streams, no curl straight to S3",
        )
        parser.add_argument(
            "--minutes",
            type=float,
            default=float("inf"),
            help="after this time each work that is left is done once only (no limit; 8.5 with --quick)",
        )
        parser.add_argument("--results", type=Path, default=RESULTS, help="where JSON and chart are written")
        parser.add_argument("--name", default="bench", help="what they are called (bench)")
        if parser.parse_args(arguments).quick:
            parser.set_defaults(**QUICK)
        given = parser.parse_args(arguments)
        return cls(
            size_bytes=given.size_mib * MIB,
            rounds=given.rounds,
            seconds=given.seconds,
            only=tuple(given.only.split(",")),
            peers=not given.no_peers,
            s3=not given.no_s3,
            is_quick=given.quick,
            minutes=given.minutes,
            results=given.results.resolve(),
            name=given.name,
        )
