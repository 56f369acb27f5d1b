"""What service accounts may be called, and how they are shown among people."""

import re

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import check_said
from wxcloudrun.kit.texts import text
from wxcloudrun.users.rules import SERVICE_PREFIX

MAX_NAME_LENGTH = 63
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def check_account_name(name: str) -> str:
    """Return `name`; WrongValue that says what a service account may be called."""
    if not NAME.fullmatch(name):
        raise WrongValue(
            text(
                "use 1 to {limit} of a-z, 0-9, '.', '_', '-', beginning with a letter or digit",
                limit=MAX_NAME_LENGTH,
            )
        )
    return check_said(name)


def account_username(project: str | None, name: str) -> str:
    """Return the user name of a service account; no person can have it."""
    return f"{SERVICE_PREFIX}{name}" if project is None else f"{SERVICE_PREFIX}{project}/{name}"
