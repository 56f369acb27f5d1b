"""How a failure is told: a sentence for people, a document for programs, never a stack trace."""

from typing import Any

from pkgctl.errors import CommandFailed
from pkgctl.screen import printable


def described(failure: CommandFailed) -> str:
    """Return the sentence, with the fields that the service has refused."""
    lines = [failure.message]
    errors = failure.facts.get("errors")
    for each in errors if isinstance(errors, list) else []:
        if isinstance(each, dict) and (detail := f"{each.get('field')}: {each.get('message')}") not in lines:
            lines.append(detail)
    lines += [f"{name}: {failure.facts[name]}" for name in ("existing", "offered") if name in failure.facts]
    return printable("\n  ".join(lines))


def document_of(failure: CommandFailed) -> dict[str, Any]:
    """Return what `--json` prints for a failure."""
    return {
        "error": {
            "reason": failure.reason,
            "message": failure.message,
            "status": failure.status,
            "facts": failure.facts,
        }
    }
