"""The URLs below `/-/` that are of people and of the whole registry: data, not code."""

from collections.abc import Sequence

from wxcloudrun.web.endpoint import Endpoint

ACCOUNT_ENDPOINTS: Sequence[Endpoint] = ()
