"""create_app(): settings, then extensions, then services, then blueprints."""

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Flask, Response, g, request

from wxcloudrun import wiring
from wxcloudrun.audit_commands import register_audit_commands
from wxcloudrun.commands import register_commands
from wxcloudrun.config import BACKEND_DIR, Settings
from wxcloudrun.kit import clock, db, ids, languages, logs
from wxcloudrun.kit.release import VERSION
from wxcloudrun.metadata import BLUEPRINTS
from wxcloudrun.serving import metering
from wxcloudrun.web import cross_origin, failures, proxies
from wxcloudrun.web.afterwards import following_up
from wxcloudrun.web.endpoint import CONVERTERS
from wxcloudrun.web.method_override import overriding, refuse_other_wishes
from wxcloudrun.web.trailing_slash import without_trailing_slash

logger = logging.getLogger("wxcloudrun.access")
startup = logging.getLogger(__name__)

YEAR_SECONDS = 31_536_000
HARMLESS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def create_app(settings: Settings) -> Flask:
    """Build the application; nothing is read from the environment and no thread is started."""
    logs.configure(settings.log_level)
    app = Flask("wxcloudrun", static_folder=None, instance_path=str(Path(settings.data_dir).resolve()))
    app.config["MIGRATIONS_DIR"] = BACKEND_DIR / "migrations"
    app.url_map.converters.update(CONVERTERS)
    app.url_map.merge_slashes = False  # an ill-formed URL is unknown, it does not redirect
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.extensions["settings"] = settings
    db.configure(
        app,
        url=settings.sqlalchemy_url,
        sqlite_synchronous=settings.sqlite_synchronous,
        pool_size=settings.threads + settings.job_threads,
        reserve_bytes=settings.disk_reserve_bytes,
    )
    wiring.connect(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    languages.load()
    failures.register(app)
    register_commands(app)
    register_audit_commands(app)
    proxies.trust(app, settings.trusted_proxy_hops)
    say_doubts(app, settings)
    app.before_request(begin_request)
    app.before_request(refuse_other_wishes)
    app.after_request(end_request)
    app.wsgi_app = without_trailing_slash(overriding(app.wsgi_app))  # type: ignore[assignment,method-assign]  # Flask's place for middleware
    app.wsgi_app = following_up(app.wsgi_app)  # type: ignore[assignment,method-assign]  # Flask's place for middleware
    metering.meter(app, metrics_port=settings.metrics_port)
    app.after_request(partial(harden, is_https=settings.is_https))
    cross_origin.allow(app, settings.cors_origins)
    return app


def say_doubts(app: Flask, settings: Settings) -> None:
    """Let the log say which settings are hardly meant."""
    doubts = app.extensions["doubts"] = dict(doubts_of(settings))
    for setting, doubt in doubts.items():
        startup.warning("setting_in_doubt", extra={"setting": setting, "doubt": doubt})


def doubts_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield settings that work and are hardly meant, each with what to look at."""
    if settings.app_env == "production" and settings.hides_clients:
        yield (
            "TRUSTED_PROXY_HOPS",
            "is 0 behind the proxy that speaks https: all clients count as one address",
        )


def begin_request() -> None:
    """Give the request its id and remember when it began."""
    g.request_id = ids.request_id(request.headers.get("X-Request-ID"))
    g.began_at = clock.monotonic()


def end_request(response: Response) -> Response:
    """Stamp the answer and write the one line that each request leaves in the log."""
    response.headers["X-Request-ID"] = g.request_id
    if "actor" in g and g.actor.is_administrator:
        response.headers["X-Registry-Version"] = VERSION
    rule = request.url_rule.rule if request.url_rule else None
    logger.info(
        "request",
        extra={
            "method": request.method,
            "route": rule,
            "arguments": loggable_arguments(),
            "status": response.status_code,
            "duration_seconds": round(clock.monotonic() - g.began_at, 4),
            "user_id": g.actor.user_id if "actor" in g else None,
        },
    )
    return response


def harden(response: Response, *, is_https: bool) -> Response:
    """Tell browsers to do nothing with an answer but what the page that asked for it does."""
    for name, value in HARMLESS.items():
        response.headers.setdefault(name, value)
    if is_https:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
    return response


def loggable_arguments() -> dict[str, str]:
    """Return what stood in the URL's path, without what opens doors."""
    return {name: value for name, value in (request.view_args or {}).items() if name != "token"}
