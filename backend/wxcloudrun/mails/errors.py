"""Refusals of mails."""

from wxcloudrun.kit.errors import AppError


class MailOff(AppError):
    """No mail is sent here: the settings name no server for it."""

    status = 501
    reason = "mail_off"
