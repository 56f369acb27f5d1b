"""Everybody at work at once, on each stack.

`SOAK_SECONDS` says for how long (8) on each; `make soak` takes an hour. What was done and what was found
is printed at the end.
"""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.builders import content
from tests.support.site import Site
from tests.support.soak import soaking

SECONDS = float(os.environ.get("SOAK_SECONDS", "8"))


@pytest.mark.slow
def test_given_everybody_at_work_then_nothing_is_lost_nothing_is_wrong_and_nothing_fails(
    stacked: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(lines: str) -> None:
        with capsys.disabled():
            print(f"\n  {lines}")  # noqa: T201  # what an hour was spent on

    with soaking(stacked, say=say) as soak:
        soak.run(SECONDS)

    assert soak.statuses["upload", 200] > 10
    assert soak.statuses["download", 200] > 10


@pytest.mark.slow
@pytest.mark.parametrize("files", [1, 50])
def test_given_fifty_threads_uploading_into_one_new_package_then_every_upload_is_accepted(
    stacked: Site, files: int
) -> None:
    package = stacked.new_package(f"fifty-{files}-{time.monotonic_ns()}")
    per_thread = int(os.environ.get("FILES_PER_THREAD", "8")) if files > 1 else 1

    def upload(thread: int) -> list[int]:
        statuses = []
        for number in range(per_thread):
            data = content(5000, seed=thread * files + number if files > 1 else 0)
            query = {"tag": f"t{thread}-{number}"} | ({"version": "1.0.0"} if files == 1 else {})
            answer = stacked.admin.put(f"{package}/upload/{thread}-{number}.bin", data, query=query)
            statuses.append(answer.status)
        return statuses

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(status for each in pool.map(upload, range(50)) for status in each)

    assert statuses == {200: 50 * per_thread}
    listed = {each["artifact_id"] for each in stacked.admin.all_items(f"{package}/tags")}
    assert len(listed) == (50 * per_thread if files > 1 else 1)
