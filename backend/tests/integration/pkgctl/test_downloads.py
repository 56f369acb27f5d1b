"""Downloads that are interrupted, damaged, or in the way."""

import signal
import time
from pathlib import Path

import pytest

from tests.support.builders import content, sha256
from tests.support.command_line import CommandLine, Ended, finish
from tests.support.live import LiveServer
from tests.support.proxy import proxy_to

MIB = 1024 * 1024
SIZE = 8 * MIB
HEADERS_BYTES = 64 * 1024  # answers to other requests, and what stands above a body
DATA = content(SIZE, seed=77)
PATIENCE_SECONDS = 30


@pytest.fixture
def stored(pkgctl: CommandLine, package: str) -> str:
    """A package that holds 8 MiB."""
    (pkgctl.home / "big.bin").write_bytes(DATA)
    pkgctl("upload", package, "big.bin", "--tag", "big").ok()
    (pkgctl.home / "big.bin").unlink()
    return f"{package}@big"


def parts(pkgctl: CommandLine) -> list[Path]:
    """Return the partial files."""
    return sorted(pkgctl.home.glob("*.part"))


def killed_half_way(pkgctl: CommandLine, server: LiveServer, ref: str) -> tuple[Ended, Path]:
    """Start a download that stalls half-way, and kill it there."""
    with proxy_to(server.port, stall_after=SIZE // 2) as proxy:
        process = pkgctl.through(proxy.port).start("download", ref)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not (
            (found := parts(pkgctl)) and found[0].stat().st_size > SIZE // 3
        ):
            time.sleep(0.02)
        ended = finish(process, signal.SIGKILL)
    (part,) = parts(pkgctl)
    return ended, part


def test_killed_half_way_and_started_again_only_the_rest_is_transferred(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    ended, part = killed_half_way(pkgctl, server, stored)
    kept = part.stat().st_size
    assert ended.code == -signal.SIGKILL
    assert SIZE // 3 < kept < SIZE
    assert part.read_bytes() == DATA[:kept]
    assert not (pkgctl.home / "big.bin").exists()

    with proxy_to(server.port) as proxy:
        said = pkgctl.through(proxy.port).process("download", stored, "--json").ok()

    assert SIZE - kept < proxy.received < SIZE - kept + HEADERS_BYTES
    assert (said.document["resumed_at"], said.document["transferred"]) == (kept, SIZE - kept)
    assert (pkgctl.home / "big.bin").read_bytes() == DATA
    assert parts(pkgctl) == []


def test_given_a_damaged_beginning_then_the_file_is_refused_and_the_next_run_starts_anew(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    _, part = killed_half_way(pkgctl, server, stored)
    with part.open("r+b") as file:
        file.seek(1000)
        file.write(b"not what was there")

    refused = pkgctl("download", stored, "--json")

    assert refused.code == 7
    assert refused.document["error"]["reason"] == "wrong_hash"
    assert refused.document["error"]["facts"]["expected"] == sha256(DATA)
    assert "the bytes are not the right ones" in refused.err
    assert not (pkgctl.home / "big.bin").exists()
    assert parts(pkgctl) == []

    pkgctl("download", stored).ok()
    assert (pkgctl.home / "big.bin").read_bytes() == DATA


def test_given_a_connection_that_breaks_twice_then_one_command_fetches_each_byte_once(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    with proxy_to(server.port, cut_downloads_at=[2 * MIB, 5 * MIB]) as proxy:
        pkgctl.through(proxy.port)("download", stored).ok()

    assert (pkgctl.home / "big.bin").read_bytes() == DATA
    # Of what came before a connection broke, a block of the reader at most comes again.
    assert proxy.received < SIZE + MIB


def test_given_a_tag_that_has_moved_then_the_beginning_of_the_old_bytes_is_not_continued(
    pkgctl: CommandLine, server: LiveServer, stored: str, package: str
) -> None:
    killed_half_way(pkgctl, server, stored)
    (pkgctl.home / "other").mkdir()
    (pkgctl.home / "other" / "big.bin").write_bytes(b"other bytes")
    pkgctl("upload", package, "other/big.bin", "--tag", "big").ok()

    pkgctl("download", stored).ok()

    assert (pkgctl.home / "big.bin").read_bytes() == b"other bytes"


def test_given_ctrl_c_then_130_without_a_trace_and_what_came_is_kept(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    with proxy_to(server.port, stall_after=SIZE // 2) as proxy:
        process = pkgctl.through(proxy.port).start("download", stored)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not any(part.stat().st_size for part in parts(pkgctl)):
            time.sleep(0.02)
        ended = finish(process, signal.SIGINT)

    assert (ended.code, ended.err.strip()) == (130, "interrupted")
    assert len(parts(pkgctl)) == 1


def test_given_a_pinned_digest_then_other_bytes_are_refused_before_they_come(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    with proxy_to(server.port) as proxy:
        refused = pkgctl.through(proxy.port)("download", stored, "--sha256", "0" * 64)

    assert refused.code == 7
    assert proxy.received < HEADERS_BYTES
    pkgctl("download", stored, "--sha256", sha256(DATA)).ok()


def test_given_a_file_in_the_way_then_it_stays_unless_it_was_named(pkgctl: CommandLine, stored: str) -> None:
    mine = pkgctl.home / "big.bin"
    mine.write_text("mine")

    refused = pkgctl("download", stored, "--json")

    assert (refused.code, refused.document["error"]["reason"]) == (5, "file_exists")
    assert mine.read_text() == "mine"
    pkgctl("download", stored, "-o", "folder/").ok()
    assert (pkgctl.home / "folder" / "big.bin").read_bytes() == DATA
    pkgctl("download", stored, "-o", "big.bin").ok()
    assert mine.read_bytes() == DATA


def test_given_a_second_download_of_the_same_then_it_is_told_to_wait(
    pkgctl: CommandLine, server: LiveServer, stored: str
) -> None:
    with proxy_to(server.port, stall_after=SIZE // 2) as proxy:
        process = pkgctl.through(proxy.port).start("download", stored)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not any(part.stat().st_size for part in parts(pkgctl)):
            time.sleep(0.02)
        second = pkgctl("download", stored, "--json")
        finish(process, signal.SIGKILL)

    assert (second.code, second.document["error"]["reason"]) == (5, "busy")


@pytest.mark.parametrize("ref", ["nothing", "version:9.9.9", "artifact:" + "0" * 64])
def test_given_nothing_behind_the_reference_then_3_and_the_reason(
    pkgctl: CommandLine, package: str, ref: str
) -> None:
    refused = pkgctl("download", f"{package}@{ref}", "--json")

    assert (refused.code, refused.document["error"]["reason"]) == (3, "not_found")
    assert list(pkgctl.home.glob("*.part")) == []


@pytest.mark.parametrize("name", ["n" * 251 + ".bin", "\u7248" * 84 + ".bi"])
def test_given_the_longest_file_name_then_it_is_fetched(pkgctl: CommandLine, package: str, name: str) -> None:
    assert len(name.encode()) == 255
    (pkgctl.home / name).write_bytes(b"long")
    pkgctl("upload", package, name, "--tag", "long").ok()
    (pkgctl.home / name).unlink()

    pkgctl("download", f"{package}@long").ok()

    assert (pkgctl.home / name).read_bytes() == b"long"
    assert parts(pkgctl) == []
