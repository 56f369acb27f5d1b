"""Where the bytes of a release come from, as it is kept with the release."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

URL_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class NixSource:
    """Built by the expression of the package's name in the administrator's catalogue."""

    type: Literal["nix"] = "nix"


@dataclass(frozen=True, slots=True)
class UrlSource:
    """Fetched over https; `sha256` says which bytes are meant."""

    url: str
    sha256: str
    type: Literal["url"] = "url"


type Source = NixSource | UrlSource


def written(source: Source | None) -> str | None:
    """Write a source down; None stays None."""
    return None if source is None else json.dumps(asdict(source), sort_keys=True)


def read(text: str | None) -> Source | None:
    """Return the source that `written` wrote down. Raises ValueError for one of a later release."""
    if text is None:
        return None
    facts: dict[str, Any] = json.loads(text)
    match facts.pop("type"):
        case "nix":
            return NixSource()
        case "url":
            return UrlSource(**facts)
        case other:
            message = f"no source of the type {other} is known"
            raise ValueError(message)


def name_in_url(url: str) -> str:
    """Return what the file behind a URL is called there, "" if the URL does not say."""
    return unquote(urlsplit(url).path.rpartition("/")[2])
