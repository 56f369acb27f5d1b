"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.kit.names import PROJECT_NAME
from wxcloudrun.web.words import PathPart, Words

WORDS = Words(
    meanings={
        "is_public": "whether everybody may read it, without a credential",
        "project": "the name of the project",
        "role": "a role in the project; each includes those below it",
        "user_id": "the number of the user",
        "MemberOut.created_at": "when the user became a member",
        "MemberOut.kind": "a person, or a service account",
        "NewMemberIn.user": "the user name of the person, or their e-mail address",
        "NewMemberOut.user": "what was asked for, an address in the spelling under which it is stored",
        "ProjectDeletion.force": "with everything in it",
        "ProjectIn.name": "the name of the project",
        "ProjectOut.name": "the name of the project",
        "ProjectOut.role": "what the caller is in it; null for strangers",
    },
    examples={
        "project": "tools",
    },
    paths={
        "project": PathPart(PROJECT_NAME.json_schema or {}, "the name of a project"),
    },
)
