"""What npm's protocol says about names of packages, versions and tarballs, and about forms of a document."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Self

import semver

from wxcloudrun.kit.package_names import Format

LATEST = "latest"  # the tag that is meant where none is named
JSON_TYPE = "application/json"
ABBREVIATED_TYPE = "application/vnd.npm.install-v1+json"
TARBALL_TYPE = "application/octet-stream"


def written(name: str) -> str:
    """Return how our API writes a package's name; one that cannot be is a name that nobody has."""
    return f"{Format.NPM}:{name.replace('~', ':').replace('/', '~')}"


class Spoken(NamedTuple):
    """What clients are told against a version, None for nothing, and whether nobody shall choose it."""

    warning: str | None = None
    is_yanked: bool = False

    @classmethod
    def of(cls, deprecated: str | None, yanked_at: datetime | None, yanked_reason: str | None) -> Self:
        """Read what three columns say. npm knows no yanking, so a yanked version comes with a warning."""
        if yanked_at is None:
            return cls(deprecated)
        return cls(deprecated or (f"yanked: {yanked_reason}" if yanked_reason else "yanked"), is_yanked=True)


def highest(versions: Mapping[str, Spoken]) -> str | None:
    """Return the highest version; a yanked one, or one before its release, only if there is nothing else."""
    parsed = [semver.Version.parse(each) for each in versions if semver.Version.is_valid(each)]
    best = max(
        parsed,
        key=lambda each: (not versions[str(each)].is_yanked, each.prerelease is None, each),
        default=None,
    )
    return None if best is None else str(best)


def with_latest(tags: Mapping[str, str], versions: Mapping[str, Spoken]) -> dict[str, str]:
    """Return tags with one that is called latest: clients that are told none install nothing."""
    shown = dict(tags)
    if LATEST not in shown and (best := highest(versions)) is not None:
        shown[LATEST] = best
    return shown


def is_abbreviated(wishes: Iterable[tuple[str, float]]) -> bool:
    """Tell whether somebody wants of a package what they need to install it, and no more."""
    weights = {kind.lower(): weight for kind, weight in wishes}
    wanted = weights.get(ABBREVIATED_TYPE, 0.0)
    return wanted > 0 and wanted >= weights.get(JSON_TYPE, 0.0)


def revision_name(number: int | None, mark: str) -> str:
    """Return how writers name a revision: what a database says that was restored is never the same again."""
    return f"{number or 0}-{mark}"
