"""Two processes that write the same parts of an object at the same time, on a disk."""

import contextlib
import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wxcloudrun.kit import ids
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.writing import Fence, Preempted, WriterState, WrittenPart

TAKE_OVERS = 40
PART_BYTES = 64 * 4096


def racing(root: Path, state: str, epochs: Any, ready: Any, seed: int) -> None:
    """Put every part in a race against the other process, with pauses at random places."""
    chance, writer = random.Random(seed), LocalBlobStore(root).resume(WriterState.of_text(state))

    def blocks(fill: bytes) -> Iterator[bytes]:
        for _ in range(PART_BYTES // 4096):
            if chance.random() < 0.03:
                time.sleep(chance.random() / 200)
            yield fill * 4096

    for lane in range(TAKE_OVERS):
        ready.wait(30)
        with epochs.get_lock():
            epoch = epochs[lane] = epochs[lane] + 1
        with contextlib.suppress(Preempted):
            writer.put(lane * PART_BYTES, blocks(bytes([epoch])), Fence(lane, epoch))


def test_given_two_processes_that_overtake_each_other_with_stalls_then_the_later_has_every_byte(
    tmp_path: Path,
) -> None:
    root = tmp_path / "blobs"
    size_bytes = TAKE_OVERS * PART_BYTES
    writer = LocalBlobStore(root).begin(ids.new_id(), size_bytes=size_bytes, part_bytes=PART_BYTES)
    spawned = multiprocessing.get_context("spawn")
    epochs, ready = spawned.Array("q", TAKE_OVERS), spawned.Barrier(2)
    arguments = (root, writer.state.to_text(), epochs, ready)
    both = [spawned.Process(target=racing, args=(*arguments, seed)) for seed in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)

    assert [process.exitcode for process in both] == [0, 0]
    assert [epochs[lane] for lane in range(TAKE_OVERS)] == [2] * TAKE_OVERS
    assert set(b"".join(writer.read([WrittenPart(0, size_bytes, "")]))) == {2}
