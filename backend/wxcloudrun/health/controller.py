"""HTTP out, for health."""

from flask import Response, current_app, jsonify

from wxcloudrun.config import Settings
from wxcloudrun.health.schemas import HealthOut
from wxcloudrun.health.service import HealthService
from wxcloudrun.kit.web import api_page
from wxcloudrun.kit.web.endpoint import rows, service
from wxcloudrun.kit.web.envelope import ok
from wxcloudrun.kit.web.openapi.document import describe


def health() -> Response:
    """200 as long as the process answers; nothing else is touched."""
    return ok(HealthOut(status="healthy"))


def openapi() -> Response:
    """Answer the description of the API, which is no envelope but a document of its own format."""
    known = current_app.extensions
    if "openapi" not in known:  # it is the same for as long as the process lives
        rules = {rule.endpoint: rule.rule for rule in current_app.url_map.iter_rules()}
        settings: Settings = known["settings"]
        known["openapi"] = describe(rows(current_app), rules, server=settings.base_url)
    return jsonify(known["openapi"])


def docs() -> Response:
    """Answer the page on which the description can be read and tried."""
    return api_page.page()


def docs_asset(asset: str) -> Response:
    """Answer one of the files of that page."""
    return api_page.asset(asset)


def ready() -> Response:
    """200 if everything that is needed answers, 503 that names what does not."""
    service(HealthService).check()
    return ok(HealthOut(status="ready"))
