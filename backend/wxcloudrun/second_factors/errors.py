"""Refusals of second factors."""

from wxcloudrun.kit.errors import Unauthorized


class SecondFactorNeeded(Unauthorized):
    """The password or WeChat was right; now a code of the second factor is needed, and a fresh one."""

    reason = "second_factor_needed"
