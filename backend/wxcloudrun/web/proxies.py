"""Where a request really comes from, when our own proxies stand in between."""

from typing import cast

from flask import Flask, current_app, request
from werkzeug.http import parse_list_header
from werkzeug.middleware.proxy_fix import ProxyFix

from wxcloudrun.net.addresses import canonical_address


def trust(app: Flask, hops: int) -> None:
    """Believe what the last `hops` entries of X-Forwarded-For and -Proto say; our proxies wrote those.

    What stands before them anybody can have written. X-Forwarded-Host is never believed: absolute links
    come from the settings.
    """
    app.extensions["trusted_proxy_hops"] = hops
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the place that Flask has for middleware
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0
        )


def client_address() -> str:
    """Return the address of the client, `unknown` if a proxy stated none that can be read."""
    return canonical_address(request.remote_addr)


def came_through_proxies() -> bool:
    """Tell a request that passed all our proxies from one that reached the service directly."""
    hops = cast("int", current_app.extensions["trusted_proxy_hops"])
    passed = parse_list_header(request.headers.get("X-Forwarded-For", ""))
    return 0 < hops <= len(passed)
