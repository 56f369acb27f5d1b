"""Wire shapes of health answers."""

from typing import Literal

from pydantic import Field

from wxcloudrun.kit.release import VERSION
from wxcloudrun.web.parsing import Output


class HealthOut(Output):
    """The process answers; this is the release that it runs."""

    status: Literal["healthy"] = "healthy"
    version: str = Field(VERSION, description="the release of the service")


class ReadyOut(Output):
    """Everything that the service needs answers."""

    status: Literal["ready"] = "ready"
    doubts: int = Field(
        0,
        description="how many settings an operator should look at; the service's log names them at its start",
    )


class HomeOut(Output):
    """Where to go from the root: paths on this service."""

    docs: str = Field("/api/docs", description="a page to read the API and to try calls")
    openapi: str = Field("/api/openapi.json", description="the description of the API")
    health: str = Field("/api/health", description="whether the process answers, and its version")
    ready: str = Field("/api/ready", description="whether it can work")
