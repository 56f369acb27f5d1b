"""The one use case of the search."""

from wxcloudrun.kit.db import reading
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.search import queries
from wxcloudrun.search.queries import Hit, SearchFilters


class SearchService:
    """Finds packages by name prefix, tag, version or digest."""

    def search(self, actor: Actor, filters: SearchFilters, page: PageRequest[int]) -> Page[Hit]:
        """List what satisfies all filters and what the caller may see."""
        with reading() as session:
            return queries.page_of_hits(session, actor, filters, page)
