"""What other domains may read here: the table of users, names for lists, one of them, locked or not."""

from wxcloudrun.users.models import User
from wxcloudrun.users.queries import (
    UserView,
    is_called,
    is_person,
    is_there,
    lock_person,
    person,
    person_called,
    user,
    user_by_email,
    user_view,
    username_of,
)

__all__ = [
    "User",
    "UserView",
    "is_called",
    "is_person",
    "is_there",
    "lock_person",
    "person",
    "person_called",
    "user",
    "user_by_email",
    "user_view",
    "username_of",
]
