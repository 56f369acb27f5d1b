"""Why maintenance stops."""

from wxcloudrun.kit.errors import Conflict


class SweepRefused(Conflict):
    """There is more garbage than accidents leave; an administrator has to look and to say `force`."""

    reason = "sweep_refused"
