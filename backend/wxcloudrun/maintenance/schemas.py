"""Wire shapes of maintenance; what comes out is a job."""

from pydantic import Field

from wxcloudrun.kit.web.parsing import Input


class CollectIn(Input):
    """Deleting what nothing refers to: nothing to choose."""


class SweepIn(Input):
    """Removing what has no name; `force` even if most of what is there has none."""

    force: bool = False


class FsckIn(Input):
    """A check: `deep` reads every byte, `repair` sets damaged and unknown objects aside."""

    deep: bool = False
    repair: bool = False
    max_bytes_per_second: int | None = Field(None, ge=1)
