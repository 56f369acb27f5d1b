"""The URLs of second factors: data, not code."""

from wxcloudrun.kit.errors import Conflict, Invalid, NotFound
from wxcloudrun.kit.security import Scope
from wxcloudrun.second_factors import controller
from wxcloudrun.second_factors.schemas import ConfirmationIn, OfferOut, RecoveryCodesOut, SecondFactorOut
from wxcloudrun.second_factors.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, Proof, blueprint

FACTOR = "/auth/second-factor"

ENDPOINTS = [
    Endpoint(
        "GET", FACTOR, controller.show_second_factor, "show_second_factor",
        "Whether you have a second factor", scope=Scope.ADMIN, answer=SecondFactorOut,
    ),
    Endpoint(
        "POST", FACTOR, controller.offer_second_factor, "offer_second_factor",
        "Begin to set up a second factor; the secret is shown once",
        scope=Scope.ADMIN, widens_access=False, answer=OfferOut, errors=(Conflict,), needs_proof=Proof.ALWAYS,
    ),
    Endpoint(
        "POST", f"{FACTOR}/confirm", controller.confirm_second_factor, "confirm_second_factor",
        "Show a first code; from then on logins need one",
        scope=Scope.ADMIN, widens_access=False,
        body=ConfirmationIn, answer=RecoveryCodesOut, errors=(Conflict, Invalid),
        needs_proof=Proof.ALWAYS,
    ),
    Endpoint(
        "POST", f"{FACTOR}/recovery-codes", controller.renew_recovery_codes, "renew_recovery_codes",
        "New recovery codes in the place of the old ones",
        scope=Scope.ADMIN, widens_access=True,
        answer=RecoveryCodesOut, errors=(NotFound,), needs_proof=Proof.ALWAYS,
    ),
    Endpoint(
        "DELETE", FACTOR, controller.remove_second_factor, "remove_second_factor",
        "Do without a second factor", scope=Scope.ADMIN, widens_access=True, status=204, errors=(NotFound,),
        needs_proof=Proof.ALWAYS,
    ),
]  # fmt: skip

second_factors = blueprint("second_factors", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
