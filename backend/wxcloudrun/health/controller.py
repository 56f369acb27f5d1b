"""HTTP out, for health."""

from flask import Response, current_app, jsonify, request

from wxcloudrun.config import Settings
from wxcloudrun.health.schemas import HealthOut, HomeOut, ReadyOut
from wxcloudrun.health.service import HealthService
from wxcloudrun.web import api_page, home_page
from wxcloudrun.web.arrival import arrived_at
from wxcloudrun.web.endpoint import rows, service, words
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.openapi.document import describe


def home() -> Response:
    """200 with a page for browsers, and with the same links in the envelope for everybody else."""
    accepted = request.accept_mimetypes
    wants_page = accepted["text/html"] > accepted["application/json"]  # `*/*`, as of curl, is no wish
    response = home_page.page() if wants_page else ok(HomeOut())
    response.headers["Vary"] = "Accept"
    return response


def health() -> Response:
    """200 as long as the process answers; nothing else is touched."""
    return ok(HealthOut())


def openapi() -> Response:
    """Answer the description of the API, which is no envelope but a document of its own format."""
    known = current_app.extensions
    if "openapi" not in known:  # it is the same for as long as the process lives
        rules = {rule.endpoint: rule.rule for rule in current_app.url_map.iter_rules()}
        settings: Settings = known["settings"]
        ours = {name: row for name, row in rows(current_app).items() if not row.protocol}
        described = describe(ours, rules, words(current_app), server=settings.base_url)
        known["openapi"] = jsonify(described).get_data()  # one copy for all who are reading it
    return Response(known["openapi"], content_type="application/json")


def docs() -> Response:
    """Answer the page on which the description can be read and tried."""
    return api_page.page()


def docs_asset(asset: str) -> Response:
    """Answer one of the files of that page."""
    return api_page.asset(asset)


def ready() -> Response:
    """200 if everything that is needed answers, 503 that names what does not."""
    service(HealthService).check(arrived_at())
    return ok(
        ReadyOut(doubts=len(current_app.extensions["doubts"]))
    )  # which ones is nobody's business who may ask this
