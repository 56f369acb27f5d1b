"""What is known against packages: nothing is said that nobody has looked for, unless that is wanted."""

import enum
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from wxcloudrun.kit.db import asking, reading
from wxcloudrun.kit.errors import Malformed, NotFound, TooManyRequests, Unavailable
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm_lookup import queries
from wxcloudrun.npm_lookup.gateway import AuditFailed, AuditUpstream
from wxcloudrun.npm_lookup.rules import asked_versions, names_in_tree, nothing_found, pruned_tree
from wxcloudrun.packages.service import PackageService

logger = logging.getLogger(__name__)

BULK = "/-/npm/v1/security/advisories/bulk"
MOST_AT_ONCE = 2  # each of them keeps a thread for seconds


class AuditMode(enum.StrEnum):
    """How questions are answered."""

    OFF = "off"
    EMPTY = "empty"
    FORWARD = "forward"


class NpmAuditService:
    """Answers what is known against packages, as the administrator has chosen."""

    def __init__(
        self, *, packages: PackageService, mode: AuditMode, upstream: AuditUpstream | None = None
    ) -> None:
        self._packages = packages
        self._mode = mode
        self._upstream = upstream
        self._slots = BoundedSemaphore(MOST_AT_ONCE)

    def admit(self, actor: Actor, project: str) -> None:
        """Refuse before the body is read: Unauthorized, NotFound, and NotFound where there is no audit."""
        with asking() as reader:
            self._packages.admit_to_project(reader, actor, project, Action.ARTIFACT_READ)
        if self._mode is AuditMode.OFF:
            raise NotFound(text("this registry offers no audit"))

    def of_versions(self, body: bytes) -> dict[str, Any]:
        """Answer about names with versions. Raises Malformed, TooManyRequests, Unavailable."""
        document = document_in(body)
        if self._mode is not AuditMode.FORWARD:
            return {}
        asked = asked_versions(document, hosted(document))
        found = self._ask(BULK, asked) if asked else {}
        return {name: advisories for name, advisories in found.items() if name in asked}

    def of_tree(self, path: str, body: bytes) -> dict[str, Any]:
        """Answer about a tree of packages. Raises what `of_versions` raises."""
        document = document_in(body)
        if self._mode is not AuditMode.FORWARD:
            return nothing_found()
        tree = pruned_tree(document, hosted(set(names_in_tree(document))))
        return self._ask(path, tree) if tree["dependencies"] else nothing_found()

    def _ask(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        if self._upstream is None:
            raise AssertionError("forwarding needs somebody to ask")
        with self._turn():
            try:
                return self._upstream.ask(path, document)
            except AuditFailed as error:
                logger.warning("npm_audit_failed", extra={"error": str(error)})
                raise Unavailable(text("the registry that knows about weaknesses gave no answer")) from None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise TooManyRequests(text("too many audits at once; try again"), retry_after_seconds=5)
        try:
            yield
        finally:
            self._slots.release()


def document_in(body: bytes) -> dict[str, Any]:
    """Read what somebody asks about. Raises Malformed."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(text("the body is not valid JSON")) from None
    if not isinstance(document, dict):
        raise Malformed(text("this is not what npm sends for an audit"))
    return document


def hosted(names: Iterable[str]) -> set[str]:
    """Return which of these names packages have that lie here, whether the caller sees them or not."""
    with reading() as session:
        return queries.hosted_names(session, [each for each in names if is_possible(each)])


def is_possible(name: str) -> bool:
    """Tell whether a package can be called so, as far as a database has to know."""
    return name.isascii() and len(name) <= 214
