"""Which events somebody hears of: no SQL, no clock."""

from wxcloudrun.kit.events import Event

KINDS_OF_KEYS = frozenset({"key.made", "key.rotated"})
SHOWN = 50  # of the newest
WAYS_IN = ("email", "is_admin", "is_active")  # what an administrator may change of somebody


def whose(event: Event) -> int:
    """Return whose way in an event is about, by its path `user/7` or `user/7/key/9`."""
    return int(event.subject.path.split("/")[1])


def is_notable(event: Event) -> bool:
    """Tell whether a way in of a person has changed.

    Keys that programs make belong to their trade; a change of a name opens nothing.
    """
    if event.kind.name in KINDS_OF_KEYS:
        return event.actor.session_id is not None and event.actor.user_id == whose(event)
    if event.before is None or event.after is None:
        return True
    is_other = any(event.before.get(name) != event.after.get(name) for name in WAYS_IN)
    return is_other or event.after.get("password") == "changed" or "is_active" not in event.after
