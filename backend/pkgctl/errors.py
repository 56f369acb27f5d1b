"""Why a command ends without success: what a person reads, what a program branches on, the exit code."""

from collections.abc import Mapping
from enum import IntEnum
from http import HTTPStatus
from typing import Any


class ExitCode(IntEnum):
    """How commands end. Scripts rely on these numbers: they are documented and do not change."""

    OK = 0
    REFUSED = 1  # the service said no, or a check has found something that a person should look at
    USAGE = 2
    NOT_FOUND = 3
    AUTHENTICATION = 4
    CONFLICT = 5
    UNAVAILABLE = 6  # no connection, no answer, no sensible answer, not in time: try again later
    DAMAGED = 7  # the bytes that arrived are not those that were announced
    INTERNAL = 70  # a mistake in this program (EX_SOFTWARE of sysexits.h)
    INTERRUPTED = 130  # Ctrl-C (128 + SIGINT)


class CommandFailed(Exception):
    """A command cannot do its work; `reason` is a stable slug, `facts` are what a program can use."""

    def __init__(
        self,
        message: str,
        exit_code: ExitCode,
        *,
        reason: str,
        status: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.reason = reason
        self.status = status
        self.facts = dict(facts or {})


class Unreachable(CommandFailed):
    """No connection, or one that broke."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.UNAVAILABLE, reason="unreachable")


class NotARegistry(CommandFailed):
    """Something answered that does not speak the registry's protocol."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, ExitCode.UNAVAILABLE, reason="not_a_registry", status=status)


class Refused(CommandFailed):
    """The service answered with an error."""

    def __init__(self, message: str, status: int, facts: Mapping[str, Any]) -> None:
        reason = str(facts.get("reason", "refused"))
        exit_code = ExitCode.REFUSED if reason in LASTING else code_of(status)
        super().__init__(message, exit_code, reason=reason, status=status, facts=facts)


class NotInTime(CommandFailed):
    """What was waited for has not happened yet."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.UNAVAILABLE, reason="not_in_time")


class LeftUnversioned(CommandFailed):
    """A file was accepted, but the version that it shows means other bytes."""

    def __init__(self, version: str, offered: str) -> None:
        super().__init__(
            f"is there, but without a version: {version} means other bytes, and a version never changes;"
            " upload it with another version (--version), or say --allow-unversioned if it needs none",
            ExitCode.CONFLICT,
            reason="version_conflict",
            facts={"version": version, "offered": offered},
        )


class Damaged(CommandFailed):
    """The bytes are not those that were announced."""

    def __init__(self, message: str, *, expected: str, found: str) -> None:
        facts = {"expected": expected, "found": found}
        super().__init__(message, ExitCode.DAMAGED, reason="wrong_hash", facts=facts)


class LocalProblem(CommandFailed):
    """Something on this machine is in the way: a file, a folder, a setting."""

    def __init__(
        self, message: str, exit_code: ExitCode = ExitCode.REFUSED, *, reason: str = "local"
    ) -> None:
        super().__init__(message, exit_code, reason=reason)


LASTING = frozenset({"too_many_uploads"})  # whatever its status says: it does not end by waiting
EXIT_CODES = {
    HTTPStatus.UNAUTHORIZED: ExitCode.AUTHENTICATION,
    HTTPStatus.FORBIDDEN: ExitCode.AUTHENTICATION,
    HTTPStatus.NOT_FOUND: ExitCode.NOT_FOUND,
    HTTPStatus.GONE: ExitCode.NOT_FOUND,
    HTTPStatus.CONFLICT: ExitCode.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED: ExitCode.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS: ExitCode.UNAVAILABLE,
}


def code_of(status: int) -> ExitCode:
    """Return the exit code that an HTTP status deserves."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ExitCode.UNAVAILABLE
    return (
        EXIT_CODES.get(HTTPStatus(status), ExitCode.REFUSED)
        if status in set(HTTPStatus)
        else ExitCode.REFUSED
    )
