"""The URLs of ways in: data, not code."""

from wxcloudrun.kit.errors import Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable
from wxcloudrun.kit.security import Scope
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.ways_in import controller
from wxcloudrun.ways_in.schemas import EndingIn, MeOut, ProofIn
from wxcloudrun.ways_in.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, Proof, blueprint

ENDPOINTS = [
    Endpoint(
        "GET", "/auth/me", controller.show_me, "show_me", "Who you are, and by what you get in",
        scope=None, answer=MeOut,
    ),
    Endpoint(
        "POST", "/auth/proof", controller.prove, "prove",
        "Prove once more who you are, before a way in changes", scope=Scope.ADMIN, widens_access=False,
        body=ProofIn, status=204,
        errors=(Forbidden, Invalid, SecondFactorNeeded, TooManyRequests, Unauthorized, Unavailable),
        works_when_full=True,
    ),
    Endpoint(
        "POST", "/auth/end-everything", controller.end_everything, "end_everything",
        "End all your sessions, keys and unfinished uploads, and WeChat if you have a password",
        scope=Scope.ADMIN, widens_access=False,
        body=EndingIn, status=204, needs_proof=Proof.ALWAYS, works_when_full=True,
    ),
]  # fmt: skip

ways_in = blueprint("ways_in", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
