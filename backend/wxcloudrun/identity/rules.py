"""Which browser requests are our own."""

from collections.abc import Collection
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
OWN_FETCH_SITES = frozenset({"same-origin", "none"})


def is_our_own(
    *, origin: str | None, fetch_site: str | None, own_origin: str, allowed_origins: Collection[str]
) -> bool:
    """Tell whether a request comes from our own pages, from an allowed origin, or from no browser.

    A page that came without TLS is another origin than ours with it: whoever sits on the line may have made
    it. A browser states the origin of a page that writes (Fetch standard, section 3.2), or at least the
    relation of the two sites (Fetch Metadata); it lets no page forge either. Programs send neither.
    """
    if origin is not None:
        ours = {as_origin(each) for each in (own_origin, *allowed_origins)} - {None}
        return as_origin(origin) in ours
    return fetch_site is None or fetch_site in OWN_FETCH_SITES


def as_origin(url: str) -> str | None:
    """Return scheme, host and port of a URL as a browser writes them, None if it has none."""
    location = network_location(url)
    if location is None:
        return None
    scheme = urlsplit(url).scheme.lower()
    return f"{scheme}://{location.removesuffix(DEFAULT_PORTS.get(scheme, ' '))}"


def network_location(url: str) -> str | None:
    """Return host and port of a URL, None if it has none."""
    try:
        return urlsplit(url).netloc.lower() or None
    except ValueError:
        return None
