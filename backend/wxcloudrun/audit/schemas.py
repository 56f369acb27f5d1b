"""Wire shapes of the audit log."""

from typing import Annotated, Any, Self

from pydantic import Field

from wxcloudrun.audit.queries import AuditFilters
from wxcloudrun.audit.service.verification import FindingKind, Verdict
from wxcloudrun.kit.security import CredentialKind
from wxcloudrun.web.pages import MAX_ROW_ID, PageQuery
from wxcloudrun.web.parsing import Moment, Output, Timestamp, one_of

PRINTABLE = r"^[ -~]+$"  # what the columns can hold


class AuditQuery(PageQuery):
    """Which entries: by whom, what was done, to what (and everything below it), from then, before then."""

    actor: Annotated[int, Field(ge=1, le=MAX_ROW_ID)] | None = None
    action: str | None = Field(None, max_length=64, pattern=PRINTABLE)
    object: str | None = Field(None, max_length=512, pattern=PRINTABLE)
    since: Moment | None = None
    until: Moment | None = None

    def filters(self) -> AuditFilters:
        """Return what the query asks for."""
        return AuditFilters(self.actor, self.action, self.object, self.since, self.until)


class EntryOut(Output):
    """One change: who, with which credential, did what to what, from where, in which request."""

    id: int
    at: Timestamp
    actor_id: int | None
    credential: Annotated[str, one_of(CredentialKind)]
    credential_id: str | None
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    request_id: str | None


class FindingOut(Output):
    """Something that is not as it was written."""

    kind: Annotated[str, one_of(FindingKind)]
    position: int | None
    entry_id: int | None


class VerdictOut(Output):
    """What a verification has seen; `head` is worth keeping elsewhere.

    Entries up to the position `sealed_late` are from before entries were sealed when they were written; those
    up to `pruned` were exported and taken away.
    """

    clean: bool
    checked: int
    unchained: int
    sealed_late: int
    pruned: int
    finding_count: int
    findings: list[FindingOut]
    head: dict[str, int | str]

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Shape a verdict."""
        return cls(
            clean=verdict.is_clean,
            checked=verdict.checked,
            unchained=verdict.unchained,
            sealed_late=verdict.sealed_late,
            pruned=verdict.pruned,
            finding_count=verdict.finding_count,
            findings=[FindingOut.model_validate(each) for each in verdict.findings],
            head={"position": verdict.position, "mac": verdict.mac, "counter": verdict.counter},
        )
