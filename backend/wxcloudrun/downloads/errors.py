"""How a download says that its bytes are not what they were."""

from wxcloudrun.kit.errors import Unavailable


class DamagedObject(Unavailable):
    """The stored object is gone or has the wrong size; an upload of the same bytes heals it."""

    reason = "object_damaged"
