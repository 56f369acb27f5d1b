"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import OLDER, SHA256, Words

WORDS = Words(
    meanings={
        "action": "what was done, such as `tag.moved`",
        "actor": "the id of a user: only what they did",
        "actor_id": "the id of the user who did it; null for the service itself and for strangers",
        "address": "the network address from which the request came; null for what began inside",
        "after": "what it was like afterwards; null after a deletion",
        "at": "when it was done",
        "before": "what it was like before; null for something new",
        "checked": "how many entries were compared",
        "clean": "true if nothing is wrong",
        "credential": "with which kind of credential",
        "credential_id": "which one: the number of an API key, the id of a login",
        "entry_id": "the number of the entry in the log",
        "finding_count": "how many findings there are, also beyond those listed",
        "findings": "what is not as it was written",
        "head": "the end of the chain; worth keeping elsewhere",
        "object": "what it was done to, as a path such as `project/tools/package/hammer`",
        "position": "its place in the chain",
        "request_id": "the id of the request; null for what began inside the service",
        "since": "from then on, that moment included",
        "unchained": "how many entries are not tied into the chain yet",
        "until": "before then, that moment not included",
        "AuditQuery.action": "only this, such as `tag.moved`",
        "AuditQuery.object": "only this and everything below it, such as `project/tools`",
        "FindingOut.kind": "what happened to the entry",
        "FindingOut.position": "its place in the chain; null for one that has none",
    },
    examples={
        "action": "tag.moved",
        "address": "192.0.2.7",
        "after": {"artifact_id": SHA256},
        "before": {"artifact_id": OLDER},
        "credential": "api_key",
        "head": {"position": 41, "mac": SHA256},
        "object": "project/tools/package/hammer/tag/stable",
        "request_id": "b1b7e6f98575e169cc0a789078a13d7e",
    },
)
