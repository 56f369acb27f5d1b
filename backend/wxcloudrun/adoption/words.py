"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import ROW_ID, PathPart, Words

WORDS = Words(
    paths={
        "adoption": PathPart(ROW_ID, "the number of an adoption"),
    },
)
