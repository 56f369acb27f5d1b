"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "q": "how the name of the package begins",
        "HitOut.artifact_id": "the SHA-256 behind the tag or version that was asked for; null without one",
        "SearchQuery.project": "only in this project",
        "SearchQuery.sha256": "only packages that hold these bytes",
        "SearchQuery.tag": "only packages with this tag",
        "SearchQuery.version": "only packages with this version",
    },
)
