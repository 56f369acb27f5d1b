"""How a failure is told: a sentence for people, a document for programs, never a stack trace."""

from typing import Any

from pkgctl.errors import CommandFailed
from pkgctl.screen import printable

DISPUTED = ("existing", "offered", "current")
NAMES_SHOWN = 10
WHAT_TO_DO = (
    "`pkgctl uploads --in PROJECT/PACKAGE` lists them, `pkgctl uploads discard --in PROJECT/PACKAGE ID` "
    "gives them up"
)


def described(failure: CommandFailed) -> str:
    """Return the sentence, with the fields that the service has refused."""
    lines = [failure.message]
    errors = failure.facts.get("errors")
    for each in errors if isinstance(errors, list) else []:
        if isinstance(each, dict) and (detail := f"{each.get('field')}: {each.get('message')}") not in lines:
            lines.append(detail)
    lines += [f"{name}: {failure.facts[name]}" for name in DISPUTED if failure.facts.get(name) is not None]
    if failure.reason == "several_files":
        lines += names_of(failure.facts.get("files"))
    if failure.reason == "too_many_uploads":
        lines += unfinished_of(failure.facts.get("sessions"))
    return printable("\n  ".join(lines))


def unfinished_of(sessions: object) -> list[str]:
    """Return which uploads have not ended, as the service names them, and what to do about them."""
    found = [each for each in sessions if isinstance(each, dict)] if isinstance(sessions, list) else []
    named = [f"{each['project']}/{each['package']} {each['id']} {each['filename']}" for each in found]
    return [*named, WHAT_TO_DO]


def names_of(files: object) -> list[str]:
    """Return what the files are called of which one has to be named, the first ten."""
    names = [each["filename"] for each in files] if isinstance(files, list) else []
    return [*map(str, names[:NAMES_SHOWN]), *(["…"] if len(names) > NAMES_SHOWN else [])]


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
