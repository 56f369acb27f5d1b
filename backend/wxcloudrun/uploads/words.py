"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "deduplicated": "true if the bytes were stored already, as far as the caller may see",
        "original_name": "the file name that it was uploaded with",
        "ref_count": "how many tags, versions and bare uploads refer to it, as far as the caller may see",
        "version_conflict": "the version that the file shows, if it is taken by other bytes; else null",
        "FormFields.path": "what the file is called, instead of by its part; may be a path, as `lib/a.so`",
        "FormFields.tag": "point this tag at the file",
        "FormFields.version": "what the file is; without it, what its metadata or its name says",
        "UploadListed.artifact_id": "the SHA-256 of the bytes that were uploaded",
        "UploadOut.tag": "the tag that points at it now; null without one",
        "UploadOut.version": "the version that it is now; null without one",
        "UploadQuery.tag": "point this tag at the file",
        "UploadQuery.version": "what the file is; without it, what its metadata or its name says",
    },
    examples={
        "original_name": "hammer-1.2.3.txt",
        "version_conflict": None,
    },
)
