"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "expires_in_days": "days after which the key ends, `0` for never where that is allowed; without it, "
        "those that the service has set, and no later than the key that makes it",
        "key": "the key itself, shown this once",
        "last_used_at": "when it was used last, to the minute; null if it never was",
        "overlap_hours": "hours for which the old key keeps working",
        "parent_id": "the id of the key with which it was made; null if it stands by itself",
        "prefix": "how the key begins, to recognise it by; it opens nothing",
        "scopes": "what the key may be used for",
        "KeyIn.name": "what the key is for",
        "KeyIn.project": "the only project in which the key works; without it, in all of its owner's",
        "KeyIn.scopes": "what the key may be used for; without it, `read` and `write`",
        "KeyMadeOut.name": "what the key is for",
        "KeyMadeOut.project": "the only project in which the key works; null for all of its owner's",
        "KeyOut.name": "what the key is for",
        "KeyOut.project": "the only project in which the key works; null for all of its owner's",
    },
    examples={
        "key": "wxr_5e8CMo1dJvQm0sXyTq2n8uKzLw4bRf6hGc1aPe9tViE",
        "overlap_hours": 24,
        "parent_id": 7,
        "prefix": "wxr_5e8CMo1d",
    },
)
