"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "up_to": "the `id` of the newest notice that was seen",
        "what": "what has changed, as the audit log calls it",
    },
)
