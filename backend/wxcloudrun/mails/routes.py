"""The URLs of mails: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, TooManyRequests, Unauthorized
from wxcloudrun.kit.security import Scope
from wxcloudrun.mails import controller
from wxcloudrun.mails.errors import MailOff
from wxcloudrun.mails.schemas import NewPasswordIn, RecoveryIn, VerifiedIn
from wxcloudrun.mails.words import WORDS
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.web.endpoint import Caller, Endpoint, Proof, blueprint

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/recovery", controller.ask_for_recovery, "ask_for_recovery",
        "Have a token mailed with which a lost password is set anew",
        caller=Caller.ANYONE, scope=None, body=RecoveryIn, status=202,
        errors=(Invalid, MailOff, TooManyRequests),
        description="The answer is the same for every address. A mail goes to one that an active account "
        "has verified.",
    ),
    Endpoint(
        "POST", "/auth/recovery/complete", controller.recover, "recover",
        "Set a new password with the token that was mailed; ends all ways in but the second factor",
        caller=Caller.ANYONE, scope=None, body=NewPasswordIn, status=204, needs_proof=Proof.IN_BODY,
        errors=(Invalid, MailOff, SecondFactorNeeded, TooManyRequests, Unauthorized),
    ),
    Endpoint(
        "POST", "/auth/email/verify", controller.ask_for_verification, "ask_for_verification",
        "Have a token mailed that shows that your address is yours", scope=Scope.ADMIN, widens_access=False,
        status=202, errors=(Conflict, Forbidden, MailOff, TooManyRequests),
    ),
    Endpoint(
        "POST", "/auth/email/verified", controller.verify, "verify_email",
        "Show that your address is yours; from then on it recovers your account",
        scope=Scope.ADMIN, widens_access=True, body=VerifiedIn, status=204, needs_proof=Proof.ALWAYS,
        errors=(Forbidden, Invalid, MailOff, TooManyRequests, Unauthorized),
    ),
]  # fmt: skip

mails = blueprint("mails", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
