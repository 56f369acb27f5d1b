"""The URLs of health: data, not code."""

from wxcloudrun.health import controller
from wxcloudrun.health.errors import NotReady
from wxcloudrun.health.schemas import HealthOut, HomeOut, ReadyOut
from wxcloudrun.health.words import WORDS
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint

ENDPOINTS = [
    Endpoint(
        "GET", "/health", controller.health, "health", "Alive",
        caller=Caller.ANYONE, scope=None, answer=HealthOut,
    ),
    Endpoint(
        "GET", "/openapi.json", controller.openapi, "openapi", "This description",
        caller=Caller.ANYONE, scope=None, media="application/json",
    ),
    Endpoint(
        "GET", "/docs", controller.docs, "docs", "A page to read this description and to try calls",
        caller=Caller.ANYONE, scope=None, media="text/html",
    ),
    Endpoint(
        "GET", "/docs/<asset>", controller.docs_asset, "docs_asset", "A file of that page",
        caller=Caller.ANYONE, scope=None, media="*/*", errors=(NotFound,),
    ),
    Endpoint(
        "GET", "/ready", controller.ready, "ready", "Able to work",
        caller=Caller.ANYONE, scope=None, answer=ReadyOut, errors=(NotReady,),
    ),
]  # fmt: skip

HOME = [
    Endpoint(
        "GET", "/", controller.home, "home", "Where to go from here",
        caller=Caller.ANYONE, scope=None, answer=HomeOut, media="text/html", sends=("Vary",),
        description="Whoever prefers `text/html`, as browsers do, gets the same links as a page.",
    ),
]  # fmt: skip

health = blueprint("health", "/api", ENDPOINTS, words=(WORDS,))
home = blueprint("home", "", HOME)
