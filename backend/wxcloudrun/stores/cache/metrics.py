"""What is measured of the cache."""

from wxcloudrun.kit.metrics import counter

CACHE_LOOKUPS = counter(
    "registry_cache_lookups", "Questions to the cache; a hit was there and still right.", "outcome"
)
CACHE_EVICTIONS = counter(
    "registry_cache_evictions", "Entries that made room for others while they were good."
)
