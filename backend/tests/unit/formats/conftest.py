"""Every test here also proves that the last fence of the detection was not needed."""

from collections.abc import Iterator

import pytest

FENCE = "wxcloudrun.formats.detect"


@pytest.fixture(autouse=True)
def nothing_unforeseen(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail when a parser let an exception through that detection had to catch as unforeseen."""
    yield
    if "unforeseen_is_expected" not in request.fixturenames:
        assert [record.exc_text for record in caplog.get_records("call") if record.name == FENCE] == []


@pytest.fixture
def unforeseen_is_expected() -> None:
    """Ask for this where the fence itself is tested."""
