"""Wire shapes of notices."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.web.parsing import Input, Output, Timestamp


class SeenIn(Input):
    """The newest notice that somebody has seen."""

    up_to: Annotated[int, Field(ge=1, le=2**63 - 1)]


class NoticeOut(Output):
    """A change of a way in that nobody has said to have seen."""

    id: int
    what: str
    at: Timestamp
    address: str | None
