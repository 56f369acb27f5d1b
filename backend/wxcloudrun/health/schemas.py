"""Wire shapes of health answers."""

from wxcloudrun.kit.web.parsing import Output


class HealthOut(Output):
    """How the service is."""

    status: str
