"""The catalogue of refusals: slug, status and meaning stand on the class, facts travel with the instance."""

from collections.abc import Mapping
from typing import Any, ClassVar

from wxcloudrun.kit.texts import Text, of_field

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
ROLE = {"enum": ["reader", "writer", "maintainer", "owner"]}
SCOPE = {"enum": ["read", "write", "admin"]}
ALGORITHM = {"enum": ["sha256", "sha1", "md5"]}
TEXT_OR_NULL = {"type": ["string", "null"]}
DIGEST = {"type": ["string", "null"], "description": "an artifact id"}
FIELD_ERRORS = {
    "type": "array",
    "description": "every field that is wrong",
    "items": {
        "type": "object",
        "required": ["field", "message"],
        "properties": {"field": TEXT, "message": TEXT},
    },
}


class WrongValue(ValueError):
    """What a checking function says of a value; pydantic and services put the message into a refusal."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message


class AppError(Exception):
    """A refusal that a caller is told about.

    `reason` is the stable slug that programs branch on; `facts` are what they need to act on it.
    The message says what to do and never shows SQL, a path of this machine or a secret.
    """

    status: ClassVar[int] = 500
    reason: ClassVar[str] = "internal"
    described_facts: ClassVar[Mapping[str, Any]] = {}  # JSON schemas, for the description of the API

    def __init__(self, message: Text, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})
        self.facts = facts


# --- The request itself is wrong ---------------------------------------------------------------------


class Malformed(AppError):
    """The request cannot be read: bad JSON, a header in a wrong format."""

    status = 400
    reason = "malformed"


class Interrupted(Malformed):
    """The client announced more bytes than it sent, or stopped sending."""

    reason = "interrupted"


class TimedOut(AppError):
    """The request did not arrive within its time (RFC 9110 section 15.5.9)."""

    status = 408
    reason = "timed_out"


class Invalid(AppError):
    """The request is well-formed but its content is not acceptable."""

    status = 422
    reason = "invalid"
    described_facts: ClassVar = {"errors": FIELD_ERRORS}

    @classmethod
    def field(cls, field: str, message: Text) -> "Invalid":
        """Refuse one field, in the shape that all validation answers have."""
        return cls(of_field(field, message), errors=[{"field": field, "message": message}])


class ChecksumMismatch(Invalid):
    """The bytes that arrived are not the ones that were announced."""

    reason = "checksum_mismatch"
    described_facts: ClassVar = {"algorithm": ALGORITHM, "expected": TEXT, "received": TEXT}


class IdempotencyKeyReused(Invalid):
    """The same Idempotency-Key came with another request."""

    reason = "idempotency_key_reused"


class TooLarge(AppError):
    """More bytes than the limit that the answer names."""

    status = 413
    reason = "too_large"
    described_facts: ClassVar = {"limit": NUMBER}


class ExpectationFailed(AppError):
    """The request expects something that is no `100-continue`."""

    status = 417
    reason = "expectation_failed"


class UnknownTransferCoding(AppError):
    """The body is coded for its way here in another manner than in chunks."""

    status = 501
    reason = "unknown_transfer_coding"


class UriTooLong(AppError):
    """The URL is longer than the server reads."""

    status = 414
    reason = "uri_too_long"


class HeadersTooLarge(AppError):
    """One header, or all of them together, are longer than the server reads."""

    status = 431
    reason = "headers_too_large"


class UnsupportedMediaType(AppError):
    """A body in a format that this URL does not take."""

    status = 415
    reason = "unsupported_media_type"


class MethodNotAllowed(AppError):
    """The URL exists, the method does not."""

    status = 405
    reason = "method_not_allowed"


# --- Who is asking ----------------------------------------------------------------------------------


class Unauthorized(AppError):
    """No credentials, or none that are valid."""

    status = 401
    reason = "unauthorized"

    def __init__(self, message: Text, **facts: Any) -> None:
        challenge = {"WWW-Authenticate": 'Bearer realm="registry", Basic realm="registry", charset="UTF-8"'}
        super().__init__(message, headers=challenge, **facts)


class Forbidden(AppError):
    """Known and able to read, but not allowed to do this."""

    status = 403
    reason = "forbidden"
    described_facts: ClassVar = {"needs": ROLE, "role": ROLE, "needs_scope": SCOPE}


class ProofNeeded(Forbidden):
    """A way in changes only for somebody who has proved just now who they are; see `POST /auth/proof`."""

    reason = "proof_needed"


class SecondFactorMissing(Forbidden):
    """Administrators need a second factor here; until you have one you are a user like any other."""

    reason = "second_factor_missing"


# --- What is asked for ------------------------------------------------------------------------------


class NotFound(AppError):
    """Absent, or not visible to the caller; the two are never told apart."""

    status = 404
    reason = "not_found"


class Conflict(AppError):
    """The request disagrees with what is there."""

    status = 409
    reason = "conflict"


class NotEmpty(Conflict):
    """What shall be deleted holds something; whoever means that too says so."""

    reason = "not_empty"
    described_facts: ClassVar = {
        "holds": {"type": "object", "description": "how many of each, up to 1000, and what is activated"}
    }


class QuotaReached(Conflict):
    """There are as many as there may be; waiting does not help, deleting or revoking some does."""

    reason = "quota_reached"
    described_facts: ClassVar = {
        "limit": {"type": "integer", "description": "how many are allowed"},
        "of": {"enum": ["projects", "packages", "tags", "keys"], "description": "of which kind"},
    }


class VersionTaken(Conflict):
    """The version name holds, or once held, other bytes."""

    reason = "version_taken"
    described_facts: ClassVar = {"version": TEXT, "existing": DIGEST, "offered": DIGEST}


class Gone(AppError):
    """A link that was valid once, or an upload session whose upload was deleted."""

    status = 410
    reason = "gone"


class PreconditionFailed(AppError):
    """An If-Match or If-None-Match condition does not hold; the answer shows what does."""

    status = 412
    reason = "precondition_failed"
    described_facts: ClassVar = {"current": TEXT_OR_NULL}


class RangeNotSatisfiable(AppError):
    """No byte of the asked range exists."""

    status = 416
    reason = "range_not_satisfiable"
    described_facts: ClassVar = {"size": NUMBER}


class TooManyRequests(AppError):
    """A limit was reached; Retry-After says when to come back."""

    status = 429
    reason = "too_many_requests"
    described_facts: ClassVar = {"limit": NUMBER, "window_seconds": NUMBER, "retry_after": NUMBER}

    def __init__(self, message: Text, *, retry_after_seconds: int, **facts: Any) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after_seconds)}, **facts)


# --- What stands behind the service -------------------------------------------------------------------


class Unavailable(AppError):
    """A backing store is down or full; nothing was changed."""

    status = 503
    reason = "unavailable"
    retry_after_seconds: ClassVar[int] = 5

    def __init__(self, message: Text, **facts: Any) -> None:
        super().__init__(message, headers={"Retry-After": str(self.retry_after_seconds)}, **facts)


class Busy(Unavailable):
    """There is no place for one more body; nothing of it was read or sent. Try again."""

    reason = "busy"


class DatabaseLocked(Unavailable):
    """Another program, or a long change, holds the database; nothing was changed."""

    reason = "database_locked"


class DatabaseFull(Unavailable):
    """The disk that holds the database is full; reading and deleting go on, nothing was changed."""

    reason = "database_full"
    retry_after_seconds = 60


class DatabaseReadOnly(Unavailable):
    """The database cannot be written to; reading goes on, nothing was changed."""

    reason = "database_read_only"
    retry_after_seconds = 60
