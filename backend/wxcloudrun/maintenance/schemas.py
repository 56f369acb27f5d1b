"""Wire shapes of maintenance; what comes out is a job."""

from pydantic import Field

from wxcloudrun.web.parsing import Input

LONGEST_GRACE_SECONDS = 10 * 366 * 86_400


class CollectIn(Input):
    """Deleting what nothing refers to, for so long as the settings say unless this says how long.

    `grace_seconds: 0` deletes at once, which is safe beside uploads; `dry_run` only says what would go.
    """

    grace_seconds: int | None = Field(
        None,
        ge=0,
        le=LONGEST_GRACE_SECONDS,
        description="for so many seconds nothing must have referred to an artifact; default: the setting",
    )
    dry_run: bool = Field(False, description="delete nothing, only say what would go")


class SweepIn(Input):
    """Removing what has no name; `force` even if most of what is there has none."""

    force: bool = False


class FsckIn(Input):
    """A check: `deep` reads every byte, `repair` sets damaged and unknown objects aside."""

    deep: bool = False
    repair: bool = False
    max_bytes_per_second: int | None = Field(None, ge=1)
