"""tus uploads that many join at once, on each stack."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.builders import content, numbers, sha256
from tests.support.client import Answer
from tests.support.site import Site

MIB = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
SECONDS = 30


@pytest.mark.parametrize("size", [1000, 6 * MIB])
def test_given_the_same_join_many_times_at_once_then_all_hear_of_one_upload(stacked: Site, size: int) -> None:
    project, data = f"join-{next(numbers)}", content(3 * size, seed=next(numbers))
    package = stacked.new_package(project)
    base = f"/tus/{project}/package"

    def partial(number: int) -> str:
        said = {**TUS, "Upload-Concat": "partial", "Upload-Length": str(size)}
        piece = data[number * size : (number + 1) * size]
        return str(stacked.admin.request("POST", base, headers=said, data=piece).ok().headers["Location"])

    said = {"Tus-Resumable": "1.0.0", "Upload-Concat": f"final;{' '.join(map(partial, range(3)))}"}

    def join(_: int) -> Answer:
        until = time.monotonic() + SECONDS
        while True:
            answer = stacked.admin.request("POST", base, headers=said)
            if answer.status not in {423, 503} or time.monotonic() > until:
                return answer
            time.sleep(0.1)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(join, range(4)))

    assert {each.status for each in answers} == {201}, answers
    assert len({each.headers["Location"] for each in answers}) == 1
    assert {each.headers["X-Artifact-Id"] for each in answers} == {sha256(data)}
    assert len(stacked.admin.get(f"{package}/uploads").ok().items) == 1
    stacked.sweep_to_the_end()
    assert stacked.lease_keys() == set()
    assert stacked.keys() == stacked.artifact_keys()
