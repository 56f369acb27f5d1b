"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "deep": "read every byte and compare its SHA-256",
        "max_bytes_per_second": "read objects no faster than this; without it, as fast as they come",
        "repair": "set damaged and unknown objects aside; nothing is deleted",
        "SweepIn.force": "remove objects without a name even if most have none",
    },
)
