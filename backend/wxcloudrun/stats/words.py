"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "artifacts": "how many different artifacts are stored",
        "available_connections": "how many could be taken right now",
        "background": "the background work",
        "bytes": "how many bytes the artifacts have together",
        "cache": "the cache of what references mean",
        "database": "the connections to the database",
        "entries": "how many answers are kept",
        "evictions": "how many answers had to make room for others",
        "hit_count": "how many answers were found in the cache",
        "hit_rate": "the share of look-ups that found something, as a percentage",
        "in_use_connections": "how many are at work",
        "leases": "how many uploads are under way, or have died and wait for the sweeper",
        "miss_count": "how many answers were not found in the cache",
        "pending_deletions": "how many objects will be deleted once no link to them is good",
        "storage": "what is stored",
        "task_stats": "the periodic tasks, by their names",
        "tasks": "how many periodic tasks there are",
        "total_connections": "how many the process keeps at most",
        "BackgroundOut.status": "whether this process works in the background",
        "CacheOut.status": "whether the cache can be used",
        "DatabaseOut.status": "always the same while the service answers",
    },
)
