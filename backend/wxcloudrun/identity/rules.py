"""Which browser requests are our own."""

from collections.abc import Collection
from urllib.parse import urlsplit

OWN_FETCH_SITES = frozenset({"same-origin", "none"})


def is_our_own(
    *, origin: str | None, fetch_site: str | None, host: str, allowed_origins: Collection[str]
) -> bool:
    """Tell whether a request comes from our own pages, from an allowed origin, or from no browser.

    A browser states the origin of a page that writes (Fetch standard, section 3.2), or at least the
    relation of the two sites (Fetch Metadata); it lets no page forge either. Programs send neither.
    """
    origins = {as_origin(allowed) for allowed in allowed_origins} - {None}
    if origin is not None:
        return network_location(origin) == host.lower() or as_origin(origin) in origins
    return fetch_site is None or fetch_site in OWN_FETCH_SITES


def as_origin(url: str) -> str | None:
    """Return scheme, host and port of a URL as a browser writes them, None if it has none."""
    location = network_location(url)
    return f"{urlsplit(url).scheme.lower()}://{location}" if location else None


def network_location(url: str) -> str | None:
    """Return host and port of a URL, None if it has none."""
    try:
        return urlsplit(url).netloc.lower() or None
    except ValueError:
        return None
