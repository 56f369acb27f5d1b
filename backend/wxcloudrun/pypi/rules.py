"""What PyPI's protocols say about names of projects, versions and files, and about forms of a page."""

from collections.abc import Iterable
from functools import lru_cache

from wxcloudrun.formats.distributions import is_distribution_name, normalised, parse_version
from wxcloudrun.kit.errors import WrongValue

API_VERSION = "1.4"
METADATA_ENDING = ".metadata"
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
# Of equal wishes the first is answered; `latest` is a wish, and the answer says what it is.
ANSWERED = {
    JSON_TYPE: JSON_TYPE,
    "application/vnd.pypi.simple.latest+json": JSON_TYPE,
    HTML_TYPE: HTML_TYPE,
    "application/vnd.pypi.simple.latest+html": HTML_TYPE,
    PLAIN_HTML: PLAIN_HTML,
}
ANYTHING = ("*/*", "text/*")
KNOWN_VERSIONS = 65_536


@lru_cache(KNOWN_VERSIONS)
def shown_version(version: str) -> str:
    """Return a version in its normal form; what is none stays as it is."""
    try:
        return str(parse_version(version))
    except WrongValue:
        return version


def is_distribution(project: str, filename: str) -> bool:
    """Tell, quickly, whether a file can be one of this project: clients judge the rest of the name."""
    return is_distribution_name(filename) and normalised(filename).startswith(f"{project}-")


def chosen_form(wishes: Iterable[tuple[str, float]], named: str | None) -> str | None:
    """Return in which form a page is answered; None if the client takes none of them.

    The form that is named in the URL goes before wishes. Who takes anything gets HTML: it is a browser, or
    a tool from before there was anything else.
    """
    if named is not None:
        return ANSWERED.get(named)
    weights = {kind.lower(): weight for kind, weight in wishes}
    if not weights:
        return PLAIN_HTML
    weights.setdefault(PLAIN_HTML, max(weights.get(anything, 0.0) for anything in ANYTHING))
    best = max(ANSWERED, key=lambda kind: weights.get(kind, 0.0))
    return ANSWERED[best] if weights.get(best, 0.0) > 0 else None
