"""HTTP in, HTTP out, for the search."""

from flask import Response

from wxcloudrun.search.schemas import HitOut, SearchQuery
from wxcloudrun.search.service import SearchService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service


def find(query: SearchQuery) -> Response:
    """A page of hits."""
    page = service(SearchService).search(actor(), query.filters(), pages.requested(query, int))
    return pages.answer(page, HitOut.of)
