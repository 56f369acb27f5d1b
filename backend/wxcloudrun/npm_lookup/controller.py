"""HTTP in, HTTP out, of questions about a whole registry; decides nothing."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.npm_lookup.rules import FARTHEST, MOST_HITS, USUAL_HITS, WantedPackages, unpacked, within
from wxcloudrun.npm_lookup.service.auditing import NpmAuditService
from wxcloudrun.npm_lookup.service.searching import FoundNpmPackage, NpmSearchService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.parsing import read_small_body

CODINGS = ("", "identity", "gzip")


def search(project: str) -> Response:
    """200 with packages that have all the words."""
    given = request.args
    found = service(NpmSearchService).search(
        actor(),
        project,
        WantedPackages.of(given.get("text", "")),
        size=within(given.get("size"), USUAL_HITS, MOST_HITS),
        begin=within(given.get("from"), 0, FARTHEST),
    )
    shown = [hit_out(each) for each in found.some]
    response = plain({"objects": shown, "total": found.total, "time": clock.rfc3339(clock.now())})
    response.headers["Cache-Control"] = f"{'public' if found.is_public else 'private'}, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    return response


def hit_out(found: FoundNpmPackage) -> dict[str, Any]:
    """Shape a package as npm shows it in a list; nothing here says which is better."""
    detail = {"quality": 1, "popularity": 1, "maintenance": 1}
    package = {
        "name": found.name,
        "version": found.version,
        "description": found.description,
        "keywords": [],
        "date": clock.rfc3339(found.published_at),
        "links": {},
        "maintainers": [],
    }
    return {"package": package, "score": {"final": 1, "detail": detail}, "searchScore": 1}


def audit_versions(project: str) -> Response:
    """200 with what is known against versions."""
    audits = service(NpmAuditService)
    audits.admit(actor(), project)
    return plain(audits.of_versions(document()))


def audit_tree(project: str) -> Response:
    """200 with what is known against a tree of packages."""
    audits = service(NpmAuditService)
    audits.admit(actor(), project)
    return plain(audits.of_tree(f"/-/{request.path.partition('/-/')[2]}", document()))


def document() -> bytes:
    """Return the body, unpacked. Raises UnsupportedMediaType, Malformed, TooLarge."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in CODINGS:
        raise UnsupportedMediaType(text("the body may be plain or gzip"), headers={"Accept-Encoding": "gzip"})
    return unpacked(read_small_body(), coding)


def plain(value: Mapping[str, Any]) -> Response:
    """Answer JSON."""
    return Response(json.dumps(value, separators=(",", ":")) + "\n", content_type="application/json")
