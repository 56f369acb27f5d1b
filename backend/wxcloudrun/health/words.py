"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import TEXT, PathPart, Words

WORDS = Words(
    meanings={
        "causes": "why each of them does not: `full`, `locked`, `read_only`, or `unreachable`",
        "down": "what does not work",
    },
    paths={
        "asset": PathPart(TEXT, "the name of a file"),
    },
)
