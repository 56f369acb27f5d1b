"""HTTP in, HTTP out, for mails."""

from flask import Response

from wxcloudrun.mails.schemas import NewPasswordIn, RecoveryIn, VerifiedIn
from wxcloudrun.mails.service.recovery import PasswordRecoveryService
from wxcloudrun.mails.service.verification import VerificationService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok


def ask_for_recovery(body: RecoveryIn) -> Response:
    """202, whether anything will be mailed or not."""
    service(PasswordRecoveryService).ask(actor(), body.email)
    return ok(status=202)


def recover(body: NewPasswordIn) -> Response:
    """204."""
    service(PasswordRecoveryService).complete(actor(), body.token, body.new_password, body.second_factor)
    return no_content()


def ask_for_verification() -> Response:
    """202."""
    service(VerificationService).ask(actor())
    return ok(status=202)


def verify(body: VerifiedIn) -> Response:
    """204."""
    service(VerificationService).confirm(actor(), body.token)
    return no_content()
