"""HTTP in, HTTP out, for second factors."""

from flask import Response

from wxcloudrun.second_factors.schemas import ConfirmationIn, OfferOut, RecoveryCodesOut, SecondFactorOut
from wxcloudrun.second_factors.service.enrolment import EnrolmentService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok


def show_second_factor() -> Response:
    """200."""
    return ok(SecondFactorOut.model_validate(service(EnrolmentService).show(actor())))


def offer_second_factor() -> Response:
    """200 with a secret, shown once."""
    return ok(OfferOut.model_validate(service(EnrolmentService).offer(actor())))


def confirm_second_factor(body: ConfirmationIn) -> Response:
    """200 with recovery codes, shown once."""
    return ok(RecoveryCodesOut(recovery_codes=service(EnrolmentService).confirm(actor(), body.totp)))


def renew_recovery_codes() -> Response:
    """200 with recovery codes, shown once."""
    return ok(RecoveryCodesOut(recovery_codes=service(EnrolmentService).renew_codes(actor())))


def remove_second_factor() -> Response:
    """204."""
    service(EnrolmentService).remove(actor())
    return no_content()
