"""Refusals of mails."""

from wxcloudrun.kit.errors import AppError


class MailOff(AppError):
    """No mail is sent here: the settings name no server for it. As if there were no such endpoint."""

    status = 404
    reason = "mail_off"
