"""One command in a session in which another one sends the same file."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from pkgctl.api import Api
from pkgctl.errors import ExitCode, Refused
from pkgctl.transfers import parted
from pkgctl.transfers.parted import Means, PartedShipment
from pkgctl.transfers.progress import Nothing
from pkgctl.transfers.unfinished import Cargo, UnfinishedUploads

PART_BYTES, PARTS = 4, 3
URL = "/api/v1/project/a/b/uploads/sessions/s"
DEPOSIT = {"id": 7}


class RivalledService:
    """A service with one session; `rival` does what another command does whenever this one sends a part."""

    server = "http://registry.test"

    def __init__(self, rival: Callable[["RivalledService", int], None]) -> None:
        self.rival = rival
        self.missing, self.state, self.sent = set(range(1, PARTS + 1)), "open", list[int]()

    def call(self, method: str, where: str, **_: Any) -> dict[str, Any]:
        """Answer a beginning, a look, or a completion."""
        if where.endswith("/complete"):
            if self.missing:
                raise refused("parts_missing")
            return DEPOSIT
        del method
        size = PART_BYTES * PARTS
        missing = [[each, each] for each in sorted(self.missing)]
        return {"url": URL, "part_bytes": PART_BYTES, "size": size, "state": self.state, "missing": missing}

    def send(self, method: str, where: str, *, body: Callable[[], Any]) -> "RivalledService":
        """Take a part, unless the rival is at it."""
        del method
        number = int(where.rpartition("/")[2])
        assert len(b"".join(body())) == PART_BYTES
        self.sent.append(number)
        self.rival(self, number)
        self.missing.discard(number)
        return self

    def data_of(self, response: object) -> None:
        """Say that all is well."""

    def __enter__(self) -> None:
        """Open the answer."""

    def __exit__(self, *_: object) -> None:
        """Close the answer."""


def refused(reason: str) -> Refused:
    """Return a refusal with 409."""
    return Refused("no", 409, {"reason": reason})


@pytest.fixture
def deliver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[RivalledService], Any]]:
    """Deliver a file of three parts, one after the other, without pauses."""
    monkeypatch.setattr(parted, "FIRST_QUIET_SECONDS", 0)
    file = tmp_path / "big.bin"
    file.write_bytes(b"x" * PART_BYTES * PARTS)
    cargo = Cargo(RivalledService.server, "a/b", "big.bin", PART_BYTES * PARTS, "0" * 64)
    with ThreadPoolExecutor(1) as pool:

        def run(service: RivalledService) -> Any:
            uploads = UnfinishedUploads(tmp_path, warn=pytest.fail)
            means = Means(cast("Api", service), uploads, pool, threading.Event(), 0)
            return PartedShipment(means, "/sessions", cargo, file, Nothing()).deliver().answer

        yield run


def test_given_a_part_lost_to_another_command_then_only_what_is_missing_is_sent(
    deliver: Callable[[RivalledService], Any],
) -> None:
    def once(service: RivalledService, number: int) -> None:
        if service.sent == [1, 2]:
            service.missing -= {number}
            raise refused("preempted")

    service = RivalledService(once)

    assert deliver(service) == DEPOSIT
    assert service.sent == [1, 2, 3]


def test_given_another_command_that_finishes_then_its_result_is_taken(
    deliver: Callable[[RivalledService], Any],
) -> None:
    def finishing(service: RivalledService, _: int) -> None:
        service.missing, service.state = set(), "done"
        raise refused("session_ended")

    service = RivalledService(finishing)

    assert deliver(service) == DEPOSIT
    assert service.sent == [1]


def test_given_a_rival_that_never_yields_then_the_command_ends_after_some_rounds(
    deliver: Callable[[RivalledService], Any],
) -> None:
    def always(_: RivalledService, __: int) -> None:
        raise refused("preempted")

    service = RivalledService(always)

    with pytest.raises(Refused) as failure:
        deliver(service)
    assert failure.value.exit_code is ExitCode.CONFLICT
    assert service.sent == [1] * (parted.ROUNDS + 1)
