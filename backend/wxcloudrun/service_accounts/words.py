"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "AccountIn.project": "the project that owns it; without it, the administrators do",
        "AccountIn.role": "what it is in its project; needed with `project`, and not without",
        "AccountKeyIn.name": "what the key is for",
        "AccountKeyIn.scopes": "what the key may be used for; without it, `read` and `write`",
        "AccountOut.is_active": "whether its keys work",
        "AccountOut.project": "the project that owns it; null if the administrators do",
        "AccountOut.role": "what it is in its project; null if it is nothing there, or no project owns it",
        "AccountOut.username": "how it is shown among users",
        "AccountPatch.is_active": "whether its keys work",
        "AccountsQuery.project": "those of this project; without it, those of the administrators",
    },
)
