"""What happens to an object when: refused, unknown, committed, or committed with an effect that fails."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.support.broken_cache import broken_cache
from tests.support.lost_commits import lost_commit
from tests.support.registry import Workshop
from tests.support.remains import remove_what_may_go
from tests.unit.artifacts.conftest import Keeper
from wxcloudrun.artifacts.models import Artifact, Lease, PendingDeletion
from wxcloudrun.artifacts.service.intake import Intake
from wxcloudrun.artifacts.service.leases import LEASE_SECONDS
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import StoreUnavailable

DATA = b"bytes on their way in"
Logged = pytest.LogCaptureFixture
Later = Callable[[int], None]


class Defect(Exception):
    """A mistake of ours, which nobody foresaw."""


type Work = Callable[[Intake, Transaction], object]


def adopt(intake: Intake, tx: Transaction) -> object:
    """Do what every way in does."""
    return intake.adopt(tx)


@dataclass(slots=True)
class IntakeSender:
    """Sends bytes through an intake, and remembers under which key they lay."""

    keeper: Keeper
    key: str = ""

    def send(self, work: Work = adopt, behind: Callable[[], None] = lambda: None) -> None:
        """Take the bytes and commit; then do what comes behind the commit."""
        with self.keeper.app.app_context(), self.keeper.intake().open() as intake:
            intake.take([DATA])
            self.key = intake.key
            intake.complete(lambda tx: work(intake, tx))
            behind()

    def receive(self, blocks: Iterable[bytes]) -> None:
        """Take bytes and commit nothing."""
        with self.keeper.app.app_context(), self.keeper.intake().open() as intake:
            intake.take(blocks)


@pytest.fixture
def sender(keeper: Keeper) -> IntakeSender:
    """Somebody who sends bytes."""
    return IntakeSender(keeper)


def raising(error: BaseException) -> None:
    """Raise it."""
    raise error


def events(caplog: Logged, name: str) -> int:
    """Count the lines of that name in the log."""
    return sum(record.message == name for record in caplog.records)


class TestRefused:
    @pytest.mark.parametrize("error", [Conflict(text("taken")), Defect()])
    def test_given_work_that_fails_before_the_commit_then_nothing_remains(
        self, sender: IntakeSender, keeper: Keeper, error: Exception
    ) -> None:
        def refuse(intake: Intake, tx: Transaction) -> None:
            intake.adopt(tx)
            raise error

        with pytest.raises(type(error)):
            sender.send(refuse)

        assert keeper.object_keys() == set()
        assert (keeper.count(Lease), keeper.count(Artifact), keeper.count(PendingDeletion)) == (0, 0, 0)

    @pytest.mark.parametrize("error", [ConnectionResetError(), KeyboardInterrupt(), Defect()])
    def test_given_a_source_that_breaks_then_nothing_remains(
        self, sender: IntakeSender, keeper: Keeper, error: BaseException
    ) -> None:
        def blocks() -> Iterator[bytes]:
            yield DATA
            raise error

        with pytest.raises(type(error)):
            sender.receive(blocks())

        assert keeper.object_keys() == set()
        assert keeper.count(Lease) == 0

    def test_given_nobody_commits_then_nothing_remains(self, sender: IntakeSender, keeper: Keeper) -> None:
        sender.receive([DATA])

        assert keeper.object_keys() == set()
        assert keeper.count(Lease) == 0

    def test_given_a_store_that_has_failed_then_it_is_not_asked_again_and_the_sweeper_takes_the_rest(
        self, sender: IntakeSender, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def fail(key: str) -> None:
            asked.append(key)
            raise StoreUnavailable(text("the blob store does not answer"))

        with monkeypatch.context() as broken:
            broken.setattr(keeper.store, "size_of", fail)
            broken.setattr(keeper.store, "delete", fail)
            with pytest.raises(StoreUnavailable):
                sender.send()

        assert asked == [sender.key]
        assert (keeper.count(Lease), keeper.count(PendingDeletion)) == (0, 1)
        keeper.sweep()
        assert keeper.object_keys() == set()


class TestUnknown:
    @pytest.mark.parametrize("is_done", [False, True])
    def test_given_a_connection_lost_during_the_commit_then_nothing_is_removed_and_the_sweeper_judges(
        self, app: Flask, sender: IntakeSender, keeper: Keeper, later: Later, *, is_done: bool
    ) -> None:
        lost = lost_commit(app, is_done=is_done, when=lambda: bool(keeper.object_keys()))
        with lost, pytest.raises(OperationalError):
            sender.send()

        assert keeper.object_keys() == {sender.key}
        assert keeper.count(Artifact) == int(is_done)
        later(LEASE_SECONDS + 1)
        keeper.sweep()
        assert keeper.object_keys() == ({sender.key} if is_done else set())

    def test_given_an_unknown_outcome_then_the_log_names_the_object(
        self, app: Flask, sender: IntakeSender, keeper: Keeper, caplog: Logged
    ) -> None:
        lost = lost_commit(app, is_done=True, when=lambda: bool(keeper.object_keys()))
        with lost, caplog.at_level("WARNING"), pytest.raises(OperationalError):
            sender.send()

        assert events(caplog, "commit_outcome_unknown") == 1
        assert sender.key in {getattr(record, "key", None) for record in caplog.records}

    @pytest.mark.one_process
    def test_given_an_upload_whose_commit_was_done_and_not_confirmed_then_its_bytes_are_there(
        self, app: Flask, shop: Workshop, keeper: Keeper
    ) -> None:
        with lost_commit(app, is_done=True, when=lambda: bool(keeper.object_keys())):
            answer = shop.upload(DATA, tag="t")

        assert answer.status == 503
        assert shop.download("t").body == DATA
        assert keeper.fsck(deep=True).findings == []
        assert shop.upload(DATA, tag="t").ok().data["ref_count"] == 1


class TestCommitted:
    def test_given_a_failure_behind_the_commit_then_the_object_stays(
        self, sender: IntakeSender, keeper: Keeper
    ) -> None:
        with pytest.raises(Conflict):
            sender.send(behind=lambda: raising(Conflict(text("too late"))))

        assert keeper.object_keys() == {sender.key}
        assert keeper.count(Artifact) == 1

    def test_given_bytes_that_were_there_then_the_new_object_goes_in_the_background(
        self, app: Flask, shop: Workshop, keeper: Keeper
    ) -> None:
        shop.upload(DATA, tag="t").ok()
        with app.app_context(), keeper.intake().open() as intake:
            intake.take([DATA])
            intake.complete(intake.adopt)
        assert len(keeper.object_keys()) == 2

        assert remove_what_may_go(app) == 1

        assert intake.key not in keeper.object_keys()
        assert shop.download("t").body == DATA

    def test_given_an_object_that_is_needed_then_nothing_is_removed(self, app: Flask, keeper: Keeper) -> None:
        with app.app_context(), keeper.intake().open() as intake:
            intake.take([DATA])
            intake.complete(intake.adopt)
        assert remove_what_may_go(app) == 0

        assert keeper.object_keys() == {intake.key}


@pytest.mark.one_process
class TestEffectThatFails:
    def test_given_an_upload_then_200_one_deposit_and_its_bytes(
        self, app: Flask, shop: Workshop, keeper: Keeper, caplog: Logged
    ) -> None:
        with broken_cache(app):
            answer = shop.upload(DATA, tag="t", version="1.0.0")

        assert (answer.status, answer.data["version"]) == (200, "1.0.0")
        assert shop.download("version:1.0.0").body == DATA
        assert len(shop.reader.get(shop.url("/uploads")).items) == 1
        assert keeper.fsck(deep=True).findings == []
        assert (events(caplog, "effect_failed"), events(caplog, "unhandled_error")) == (1, 0)
