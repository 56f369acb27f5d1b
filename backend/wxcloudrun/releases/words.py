"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import Words

WORDS = Words(
    meanings={
        "activated_at": "when it was put in use the last time; null if it never was",
        "downloaded_at": "when its bytes came; null while they are not here",
        "log": "the text",
        "source": "where the bytes come from; null if they are uploaded",
        "truncated": "true if only the end was kept",
        "type": "`nix`: built from the administrator's catalogue; `url`: fetched from a host that they allow",
        "ReleaseIn.name": "the name of the package, which is made if it is new",
        "ReleaseIn.project": "the project of the package",
        "ReleaseIn.source": "where the service gets the bytes; without it the release waits for an upload",
        "ReleaseIn.version": "a version that follows SemVer 2.0.0",
        "ReleaseOut.artifact_id": "the SHA-256 of the bytes; null until they are here",
        "ReleaseOut.name": "the name of the package",
        "ReleaseOut.version": "the version",
        "ReleaseQuery.name": "only of this package",
        "ReleaseQuery.project": "only in this project",
        "ReleaseQuery.status": "only at this point of their life",
        "SourceIn.sha256": "what the bytes must be, for `url`",
        "SourceIn.url": "an https URL, for `url`",
    },
)
