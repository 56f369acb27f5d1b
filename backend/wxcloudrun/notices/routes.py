"""The URL of notices: data, not code."""

from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.security import Scope
from wxcloudrun.notices import controller
from wxcloudrun.notices.schemas import SeenIn
from wxcloudrun.notices.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, Proof, blueprint

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/notices/seen", controller.see_notices, "see_notices",
        "Say that you have seen what has changed about your ways in",
        scope=Scope.ADMIN, widens_access=False,
        body=SeenIn, status=204, errors=(Invalid,), needs_proof=Proof.ALWAYS,
    ),
]  # fmt: skip

notices = blueprint("notices", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
