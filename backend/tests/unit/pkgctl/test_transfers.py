"""Files, retries and headers, without a network."""

import errno
import io
import os
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from pkgctl.errors import CommandFailed, ExitCode, LocalProblem, Refused, Unreachable, code_of
from pkgctl.transfers.download import Target, part_name, proposed_name
from pkgctl.transfers.files import OutgoingFile, digest_of, named_files
from pkgctl.transfers.retrying import Stopped, pause_after, persistently
from tests.support.builders import sha256


def ignore(_: int) -> None:
    """Do nothing with a count."""


class TestNamedFiles:
    def test_each_file_once_in_a_stable_order(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("b.txt", "a.txt", "deep/c.txt", ".hidden", ".git/config"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        monkeypatch.chdir(tmp_path)

        assert [str(each.path) for each in named_files(["b.txt", "."])] == ["b.txt", "a.txt", "deep/c.txt"]
        assert [str(each.below) for each in named_files(["b.txt", "."])] == ["b.txt", "a.txt", "deep/c.txt"]
        assert [str(each.below) for each in named_files(["deep"])] == ["c.txt"]
        assert [str(each.path) for each in named_files(["**/*.txt"])] == ["a.txt", "b.txt", "deep/c.txt"]
        assert [str(each.path) for each in named_files([".hidden"])] == [".hidden"]

    def test_links_are_followed_once(self, tmp_path: Path) -> None:
        (tmp_path / "dist" / "deep").mkdir(parents=True)
        (tmp_path / "dist" / "deep" / "a.txt").touch()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "b.txt").touch()
        (tmp_path / "dist" / "linked").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "dist" / "deep" / "back").symlink_to(tmp_path / "dist")

        found = {each.path.resolve() for each in named_files([str(tmp_path / "dist")])}

        assert found == {tmp_path / "dist" / "deep" / "a.txt", tmp_path / "elsewhere" / "b.txt"}

    def test_a_link_to_nothing_is_told_and_not_left_out(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").touch()
        (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")

        with pytest.raises(LocalProblem, match="is a link to nothing"):
            named_files([str(tmp_path)])

    def test_a_folder_that_cannot_be_listed_is_told_and_not_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "closed").mkdir()
        (tmp_path / "a.txt").touch()
        scan = os.scandir
        monkeypatch.setattr(
            "os.scandir", lambda where: closed(where) if "closed" in str(where) else scan(where)
        )

        with pytest.raises(LocalProblem, match="closed cannot be read: Permission denied"):
            named_files([str(tmp_path)])

    @pytest.mark.parametrize("argument", ["nothing.txt", "*.none", ""])
    def test_what_names_nothing_is_a_mistake(self, tmp_path: Path, argument: str) -> None:
        with pytest.raises(LocalProblem) as refused:
            named_files([str(tmp_path / "x" / argument)])
        assert refused.value.exit_code is ExitCode.USAGE


class TestOutgoingFile:
    def test_sends_as_many_bytes_as_announced_and_no_more(self) -> None:
        grown = io.BytesIO(b"abcdefgh")
        body = OutgoingFile(grown, 5, threading.Event(), ignore)

        assert (len(body), b"".join(body)) == (5, b"abcde")

    def test_a_file_that_became_shorter_is_noticed(self) -> None:
        body = OutgoingFile(io.BytesIO(b"abc"), 5, threading.Event(), ignore)

        assert body.read(100) == b"abc"
        with pytest.raises(LocalProblem, match="shorter"):
            body.read(100)

    def test_stops_when_told(self) -> None:
        stop = threading.Event()
        stop.set()

        with pytest.raises(Stopped):
            OutgoingFile(io.BytesIO(b"abc"), 3, stop, ignore).read(1)
        with pytest.raises(Stopped):
            digest_of(io.BytesIO(b"abc"), stop, ignore)

    def test_digest(self) -> None:
        assert digest_of(io.BytesIO(b"abc"), threading.Event(), ignore) == (sha256(b"abc"), 3)


def closed(where: str) -> NoReturn:
    """List a folder as one that may not (root may always)."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), where)


class FailingWork:
    """Fails in the given ways, one after the other, then succeeds."""

    def __init__(self, *failures: CommandFailed) -> None:
        self.failures = list(failures)
        self.attempts = 0

    def __call__(self) -> str:
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between attempts."""
    monkeypatch.setattr("pkgctl.transfers.retrying.LONGEST_PAUSE_SECONDS", 0)


@pytest.mark.usefixtures("no_pause")
class TestPersistence:
    @pytest.mark.parametrize(
        "failure", [Unreachable("gone"), Refused("busy", 503, {}), Refused("slow", 429, {})]
    )
    def test_passing_failures_are_tried_again(self, failure: CommandFailed) -> None:
        work = FailingWork(failure, failure)

        assert persistently(work, retries=2, stop=threading.Event(), progress=int) == "done"
        assert work.attempts == 3

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
    def test_others_are_not(self, status: int) -> None:
        work = FailingWork(Refused("no", status, {}))

        with pytest.raises(Refused):
            persistently(work, retries=5, stop=threading.Event(), progress=int)
        assert work.attempts == 1

    def test_a_limit_that_does_not_pass_is_no_reason_to_wait_and_to_come_again(self) -> None:
        refusal = Refused("too many", 429, {"reason": "too_many_uploads", "retry_after_seconds": 60})
        work = FailingWork(refusal)

        with pytest.raises(Refused):
            persistently(work, retries=5, stop=threading.Event(), progress=int)
        assert (work.attempts, refusal.exit_code) == (1, ExitCode.REFUSED)

    def test_only_attempts_without_any_progress_count(self) -> None:
        work = FailingWork(*[Unreachable("gone")] * 10)

        assert persistently(work, retries=1, stop=threading.Event(), progress=lambda: work.attempts) == "done"

    def test_gives_up(self) -> None:
        with pytest.raises(Unreachable):
            persistently(
                FailingWork(*[Unreachable("gone")] * 10), retries=3, stop=threading.Event(), progress=int
            )


def test_pauses_grow_and_follow_the_service() -> None:
    pauses = [pause_after(Unreachable("gone"), attempt) for attempt in range(8)]

    assert pauses == sorted(pauses)
    assert pauses[0] < 1 < pauses[-1] == 15
    assert pause_after(Refused("busy", 503, {"retry_after_seconds": 7}), 0) == 7
    assert pause_after(Refused("busy", 503, {"retry_after_seconds": 10_000}), 0) == 15


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=\"_.txt\"; filename*=UTF-8''%E4%BD%A0.txt", "你.txt"),
        (r'attachment; filename="a\"b"', 'a"b'),
        ("attachment", ""),
        ("", ""),
    ],
)
def test_proposed_names(header: str, name: str) -> None:
    assert proposed_name(header) == name


@pytest.mark.parametrize("name", ["", ".bashrc", "..", "../a", "a/b", "a\\b", "/etc/passwd", "a\x1b[31m"])
def test_names_that_a_service_should_not_choose(name: str) -> None:
    with pytest.raises(LocalProblem):
        Target(None, force=False).path(name)
    assert Target("mine", force=False).path(name) == Path("mine")


CODES = {
    400: 1,
    401: 4,
    403: 4,
    404: 3,
    409: 5,
    410: 3,
    412: 5,
    413: 1,
    422: 1,
    429: 6,
    500: 6,
    503: 6,
    599: 6,
}


@pytest.mark.parametrize(("status", "code"), CODES.items())
def test_exit_codes_of_statuses(status: int, code: int) -> None:
    assert code_of(status) == code


@pytest.mark.parametrize("name", ["a.bin", "a" * 255, "\u7248" * 85, "\U0001f528" * 63, "\udcff.bin"])
def test_the_file_in_which_bytes_arrive_has_a_short_name_of_its_own(name: str) -> None:
    part = part_name(name, "ab" * 32)

    assert part.endswith(".abababababab.part")
    assert len(part.encode()) <= 82
    assert name.startswith(part.removesuffix(".abababababab.part")) or "\udcff" in name
