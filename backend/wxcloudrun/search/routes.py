"""The URL of the search: data, not code."""

from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.security import Scope
from wxcloudrun.search import controller
from wxcloudrun.search.schemas import HitOut, SearchQuery
from wxcloudrun.search.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, blueprint
from wxcloudrun.web.pages import PageOut

ENDPOINTS = [
    Endpoint(
        "GET", "/search", controller.find, "search", "Packages by name, tag, version or digest",
        scope=Scope.DOWNLOAD, query=SearchQuery, answer=PageOut[HitOut], errors=(Invalid,),
    ),
]  # fmt: skip

search = blueprint("search", "/api/v1", ENDPOINTS, words=(WORDS,))
