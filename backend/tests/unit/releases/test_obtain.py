"""How a release comes to its bytes: by a job, by an upload, or not at all."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.builders import sha256
from tests.support.moments import Clock
from tests.support.remains import remove_what_may_go
from tests.unit.releases.conftest import NIX, RELEASES, Works
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.kit.texts import text
from wxcloudrun.releases.errors import NotObtained, NotThisTime
from wxcloudrun.releases.rules.build_log import LIMIT_BYTES
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.wiring.stores import blob_store

BUILT = b"built bytes"


def failing(error: Exception, before: bytes = b"some") -> Iterator[bytes]:
    """Yield some bytes and break."""
    yield before
    raise error


def jobs(app: Flask) -> list[Job]:
    """Return the jobs as they stand in their rows."""
    with app.app_context(), reading() as session:
        return list(session.execute(select(Job).order_by(Job.id)).scalars())


def objects(app: Flask) -> list[str]:
    """Return the keys of all objects in the store that something needs."""
    remove_what_may_go(app)
    found = blob_store(app.extensions["settings"]).keys()
    return [each.key for each in found]


def leases(app: Flask) -> int:
    """Return how many objects are being written, as far as the database knows."""
    with app.app_context(), reading() as session:
        return len(list(session.execute(select(Lease)).scalars()))


class TestSuccess:
    def test_given_a_source_then_the_release_becomes_downloaded_by_itself(self, works: Works) -> None:
        release_id = works.made("1.0.0", source=NIX)
        assert works.status(release_id) == "created"

        assert works.work() == 1

        data = works.get(release_id)
        assert (data["status"], data["artifact_id"], data["error"]) == ("downloaded", sha256(BUILT), None)
        assert data["downloaded_at"] > data["created_at"]
        answer = works.shop.download("version:1.0.0")
        assert answer.body == BUILT
        assert 'filename="built.bin"' in answer.headers["Content-Disposition"]
        assert [job.state for job in jobs(works.app)] == ["done"]
        assert leases(works.app) == 0

    def test_given_a_source_then_it_is_asked_for_exactly_that(self, works: Works) -> None:
        works.made("1.0.0-rc.1+build", source=NIX)
        works.work()

        asked = works.factory.asked[0]
        assert (asked.name, asked.version, asked.source.type) == (
            works.shop.package, "1.0.0-rc.1+build", "nix",
        )  # fmt: skip

    def test_given_bytes_that_are_there_already_then_they_are_stored_once(self, works: Works) -> None:
        works.uploaded("0.9.0", BUILT)
        before = objects(works.app)

        release_id = works.made("1.0.0", source=NIX)
        works.work()

        assert works.get(release_id)["artifact_id"] == sha256(BUILT)
        assert objects(works.app) == before

    def test_given_a_log_then_it_can_be_read_and_says_what_came(self, works: Works) -> None:
        release_id = works.made("1.0.0", source=NIX)
        assert works.log(release_id) == {"log": "", "truncated": False}

        works.work()

        log = works.log(release_id)
        assert log["log"].startswith(f"building {works.shop.package} 1.0.0\n")
        assert sha256(BUILT) in log["log"]
        assert log["truncated"] is False

    def test_given_a_file_name_that_no_upload_could_have_then_one_is_made(self, works: Works) -> None:
        works.factory.filename = "../../etc/passwd"
        works.made("1.0.0", source=NIX)
        works.work()

        disposition = works.shop.download("version:1.0.0").headers["Content-Disposition"]
        assert f'filename="{works.shop.package}-1.0.0"' in disposition

    def test_given_no_source_then_there_is_no_job_and_an_upload_fills_it(self, works: Works) -> None:
        release_id = works.made("1.0.0")
        assert works.work() == 0

        works.shop.upload(b"by hand", version="1.0.0").ok()

        data = works.get(release_id)
        assert (data["status"], data["artifact_id"]) == ("downloaded", sha256(b"by hand"))
        assert data["downloaded_at"] is not None

    def test_given_a_success_then_the_log_of_changes_says_that_the_service_did_it(self, works: Works) -> None:
        works.made("1.0.0", source=NIX)
        works.work()

        with works.app.app_context(), reading() as session:
            entry = session.execute(select(AuditEntry).where(AuditEntry.action == "file.added")).scalar_one()
        assert (entry.credential, entry.actor_id) == ("system", None)


class TestFailure:
    @pytest.fixture
    def failed(self, works: Works) -> int:
        """A release whose source has refused."""
        works.factory.blocks = lambda: failing(NotObtained("the builder failed; see the log"))
        release_id = works.made("1.0.0", source=NIX)
        works.work()
        return release_id

    def test_given_a_source_that_refuses_then_the_release_has_failed_and_says_why(
        self, works: Works, failed: int
    ) -> None:
        data = works.get(failed)

        assert (data["status"], data["error"]) == ("failed", "the builder failed; see the log")
        assert (data["artifact_id"], data["downloaded_at"]) == (None, None)
        assert works.log(failed)["log"].endswith("registry: the builder failed; see the log\n")
        assert works.shop.download("version:1.0.0").status == 404
        assert [(job.state, job.attempts) for job in jobs(works.app)] == [("failed", 1)]

    @pytest.mark.parametrize("language", ["en", "zh-CN"])
    def test_given_a_failure_then_what_was_written_down_is_the_same_in_every_language(
        self, works: Works, failed: int, language: str
    ) -> None:
        answer = works.shop.reader.get(f"{RELEASES}/{failed}", headers={"Accept-Language": language}).ok()

        assert answer.data["error"] == "the builder failed; see the log"
        assert "Content-Language" not in answer.headers

    @pytest.mark.usefixtures("failed")
    def test_given_a_failure_then_no_bytes_remain(self, works: Works) -> None:
        assert objects(works.app) == []
        assert leases(works.app) == 0

    def test_given_a_failure_then_a_retry_clears_it_and_tries_again(self, works: Works, failed: int) -> None:
        works.factory.blocks = lambda: iter((BUILT,))

        answer = works.post(failed, "retry").ok()

        assert (answer.data["status"], answer.data["error"]) == ("created", None)
        assert works.log(failed)["log"] == ""
        works.work()
        assert works.status(failed) == "downloaded"

    def test_given_a_failure_then_an_upload_fills_it_all_the_same(self, works: Works, failed: int) -> None:
        works.shop.upload(b"by hand", version="1.0.0").ok()

        data = works.get(failed)
        assert (data["status"], data["error"]) == ("downloaded", None)

    def test_given_a_failure_then_it_can_be_deleted_and_its_name_is_free(
        self, works: Works, failed: int
    ) -> None:
        works.shop.maintainer.delete(f"{RELEASES}/{failed}").ok()

        assert works.create("1.0.0").status == 201

    @pytest.mark.parametrize("status", ["created", "downloaded", "activated"])
    def test_given_any_other_state_then_a_retry_is_409(self, works: Works, status: str) -> None:
        release_id = works.made("1.0.0") if status == "created" else works.uploaded("1.0.0")
        if status == "activated":
            works.post(release_id, "activate").ok()

        answer = works.post(release_id, "retry")

        assert (answer.status, answer.data["status"]) == (409, status)
        assert works.work() == 0

    @pytest.mark.parametrize(
        ("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403), ("writer", 200)]
    )
    def test_given_each_role_then_a_retry_needs_a_writer(
        self, works: Works, failed: int, who: str, status: int
    ) -> None:
        assert works.post(failed, "retry", getattr(works.shop, who)).status == status

    def test_given_bytes_with_another_digest_than_asked_for_then_nothing_of_them_remains(
        self, works: Works
    ) -> None:
        works.factory.sha256 = "b" * 64
        release_id = works.made("1.0.0", source=NIX)
        works.work()

        data = works.get(release_id)
        assert data["status"] == "failed"
        assert sha256(BUILT) in data["error"]
        assert "b" * 64 in data["error"]
        assert objects(works.app) == []

    @pytest.mark.parametrize(("blocks", "announced"), [((), None), ((b"",), 0), ((b"x",), 2**60)])
    def test_given_no_bytes_or_too_many_then_it_fails(
        self, works: Works, blocks: tuple[bytes, ...], announced: int | None
    ) -> None:
        works.factory.blocks = lambda: iter(blocks)
        works.factory.announced_bytes = announced
        release_id = works.made("1.0.0", source=NIX)
        works.work()

        assert works.status(release_id) == "failed"
        assert objects(works.app) == []

    def test_given_a_log_that_is_too_long_then_its_end_is_kept(self, works: Works) -> None:
        works.factory.output = b"x" * LIMIT_BYTES + b"\nthe end\n"
        release_id = works.made("1.0.0", source=NIX)
        works.work()

        log = works.log(release_id)
        assert log["truncated"] is True
        assert log["log"].startswith("registry: the first ")
        assert "\nthe end\n" in log["log"]
        assert LIMIT_BYTES < len(log["log"]) < LIMIT_BYTES + 100

    def test_given_a_cause_that_may_pass_then_the_release_waits_for_the_next_attempt(
        self, works: Works
    ) -> None:
        works.factory.blocks = lambda: failing(NotThisTime("the server answered 503"))
        release_id = works.made("1.0.0", source=NIX)

        works.work()

        assert works.status(release_id) == "created"
        job = jobs(works.app)[0]
        assert (job.state, job.attempts, job.error) == ("queued", 1, "the server answered 503")
        assert "503" in works.log(release_id)["log"]

    def test_given_a_cause_that_does_not_pass_then_the_third_attempt_is_the_last(
        self, works: Works, time: Clock
    ) -> None:
        works.factory.blocks = lambda: failing(NotThisTime("the server answered 503"))
        release_id = works.made("1.0.0", source=NIX)

        for _ in range(5):
            works.work()
            time.advance(minutes=20)

        data = works.get(release_id)
        assert (data["status"], data["error"]) == ("failed", "the server answered 503")
        assert len(works.factory.asked) == 3

    def test_given_a_cause_that_passes_then_the_next_attempt_succeeds(
        self, works: Works, time: Clock
    ) -> None:
        works.factory.blocks = lambda: failing(NotThisTime("the server answered 503"))
        release_id = works.made("1.0.0", source=NIX)
        works.work()
        works.factory.blocks = lambda: iter((BUILT,))
        time.advance(minutes=20)

        works.work()

        assert works.get(release_id)["artifact_id"] == sha256(BUILT)
        assert "503" not in works.log(release_id)["log"], "the log is that of the last attempt"

    def test_given_a_store_that_fails_then_another_attempt_is_made_and_nothing_is_lost(
        self, works: Works
    ) -> None:
        works.factory.blocks = lambda: failing(StoreUnavailable(text("the blob store does not answer")))
        release_id = works.made("1.0.0", source=NIX)

        works.work()

        assert works.status(release_id) == "created"
        assert jobs(works.app)[0].state == "queued"


class TestMeanwhile:
    """What happens to a release while a job is obtaining its bytes; whoever is first wins."""

    def test_given_an_upload_of_other_bytes_then_it_stays_and_the_job_ends_with_a_reason(
        self, works: Works
    ) -> None:
        def blocks() -> Iterator[bytes]:
            yield b"built "
            works.shop.upload(b"by hand", version="1.0.0").ok()
            yield b"bytes"

        works.factory.blocks = blocks
        release_id = works.made("1.0.0", source=NIX)
        works.work()

        data = works.get(release_id)
        assert (data["status"], data["artifact_id"], data["error"]) == (
            "downloaded", sha256(b"by hand"), None,
        )  # fmt: skip
        job = jobs(works.app)[0]
        assert job.state == "failed"
        assert "holds other bytes" in (job.error or "")
        assert len(objects(works.app)) == 1
        assert leases(works.app) == 0

    def test_given_an_upload_of_the_same_bytes_then_both_are_content(self, works: Works) -> None:
        def blocks() -> Iterator[bytes]:
            works.shop.upload(BUILT, version="1.0.0").ok()
            yield BUILT

        works.factory.blocks = blocks
        release_id = works.made("1.0.0", source=NIX)
        works.work()

        assert works.get(release_id)["artifact_id"] == sha256(BUILT)
        assert jobs(works.app)[0].state == "done"
        assert len(objects(works.app)) == 1

    def test_given_an_upload_before_the_job_begins_then_the_source_is_not_even_asked(
        self, works: Works
    ) -> None:
        works.made("1.0.0", source=NIX)
        works.shop.upload(b"by hand", version="1.0.0").ok()

        works.work()

        assert works.factory.asked == []
        assert jobs(works.app)[0].state == "cancelled"

    @pytest.mark.parametrize("what", ["release", "package", "project"])
    def test_given_a_deletion_then_the_job_ends_and_no_bytes_remain(self, works: Works, what: str) -> None:
        release_id = works.made("1.0.0", source=NIX)
        url = {
            "release": f"{RELEASES}/{release_id}",
            "package": f"/api/v1/project/{works.shop.project}/packages/{works.shop.package}",
            "project": f"/api/v1/project/{works.shop.project}?force=true",
        }[what]

        def blocks() -> Iterator[bytes]:
            yield b"built "
            works.shop.owner.delete(url).ok()
            yield b"bytes"

        works.factory.blocks = blocks
        works.work()

        assert works.shop.reader.get(f"{RELEASES}/{release_id}").status == 404
        assert jobs(works.app)[0].state == "cancelled"
        assert objects(works.app) == []
        with works.app.app_context(), reading() as session:
            assert list(session.execute(select(Artifact)).scalars()) == []

    def test_given_a_name_that_once_held_other_bytes_then_the_job_fails_with_that_reason(
        self, works: Works
    ) -> None:
        works.shop.maintainer.delete(f"{RELEASES}/{works.uploaded('1.0.0', b'old')}").ok()
        release_id = works.made("1.0.0", source=NIX)

        works.work()

        data = works.get(release_id)
        assert (data["status"], data["artifact_id"]) == ("failed", None)
        assert "holds other bytes" in data["error"]

    def test_given_a_worker_that_lost_its_job_then_nothing_of_its_attempt_is_committed(
        self, works: Works
    ) -> None:
        release_id = works.made("1.0.0", source=NIX)
        nested: list[int] = []

        def blocks() -> Iterator[bytes]:
            yield b"first "
            with works.app.app_context():
                take_over(works, nested)
            yield b"attempt"

        works.factory.blocks = blocks
        works.work()

        assert nested == [1], "somebody else has done it meanwhile"
        assert works.get(release_id)["artifact_id"] == sha256(b"second attempt")
        assert len(objects(works.app)) == 1


def take_over(works: Works, done: list[int]) -> None:
    """Take the job for abandoned, as happens when its lease runs out, and do it as another worker."""
    with transaction() as tx:
        queued = {"lease_expires_at": None, "state": JobState.QUEUED.value}
        tx.session.execute(update(Job).values(queued))
    works.factory.blocks = lambda: iter((b"second attempt",))
    done.append(works.work())
