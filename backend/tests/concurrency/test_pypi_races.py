"""Publishers of Python packages at once, and kill -9 of the server below them, on both stacks."""

from collections import Counter

import pytest
import requests

from tests.concurrency.test_races import at_once
from tests.support.builders import content, numbers
from tests.support.forms import BOUNDARY, encoded
from tests.support.kills import sent_through_kills, until_answered
from tests.support.python_index import JSON, PythonDistribution, form_of, sdist_of, wheel_of
from tests.support.site import Site

PUBLISHERS = 8
SIZES = [3000, 200_000, 3_000_000]


@pytest.fixture
def base(stacked: Site) -> str:
    """Where the index of a new project is."""
    name = f"python-{next(numbers)}"
    stacked.admin.post("/api/v1/projects", {"name": name}).ok()
    return f"/pypi/{name}"


def publish(site: Site, base: str, distribution: PythonDistribution) -> int:
    """Publish, and return the status."""
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    body = encoded(*form_of(distribution))
    return site.admin.post(f"{base}/legacy/", data=body, headers={"Content-Type": kind}).status


def page(site: Site, base: str, name: str = "hello-h7") -> dict[str, str]:
    """Return the files of a project and their digests."""
    answer = site.admin.get(f"{base}/simple/{name}/", headers={"Accept": JSON}).ok()
    return {each["filename"]: each["hashes"]["sha256"] for each in answer.data["files"]}


def test_given_the_same_file_from_many_at_once_then_all_succeed_and_it_is_there_once(
    stacked: Site, base: str
) -> None:
    wheel = wheel_of(content=content(50_000, seed=1))

    statuses = [publish_many(stacked, base, [wheel] * PUBLISHERS)]

    assert statuses == [{200: PUBLISHERS}]
    assert page(stacked, base) == {wheel.filename: wheel.digest}


def test_given_other_bytes_from_each_then_one_wins_and_the_others_are_told(stacked: Site, base: str) -> None:
    wheels = [wheel_of(content=content(50_000, seed=seed)) for seed in range(PUBLISHERS)]

    statuses = publish_many(stacked, base, wheels)

    assert statuses == {200: 1, 409: PUBLISHERS - 1}
    ((filename, digest),) = page(stacked, base).items()
    assert digest in {each.digest for each in wheels}
    got = stacked.admin.get(f"{base}/files/{digest}/{filename}").ok().body
    assert got == next(each.data for each in wheels if each.digest == digest)


def test_given_files_of_one_version_in_other_spellings_at_once_then_it_is_one(
    stacked: Site, base: str
) -> None:
    files = [
        sdist_of(version="1.0"),
        *(wheel_for(f"cp31{each}", f"1.0{'.0' * each}") for each in range(1, 6)),
    ]

    statuses = publish_many(stacked, base, files)

    assert statuses == {200: len(files)}
    assert len(page(stacked, base)) == len(files)
    versions = stacked.admin.get(f"/api/v1/project/{base.rpartition('/')[2]}/pypi:hello-h7/versions").ok()
    assert len(versions.items) == 1


def test_given_other_bytes_under_spellings_of_one_file_at_once_then_one_wins(
    stacked: Site, base: str
) -> None:
    files = [wheel_of(version=f"1.0{'.0' * each}") for each in range(PUBLISHERS)]

    statuses = publish_many(stacked, base, files)

    assert statuses == {200: 1, 409: PUBLISHERS - 1}
    assert len(page(stacked, base)) == 1


def wheel_for(interpreter: str, version: str) -> PythonDistribution:
    """Return a wheel for one interpreter."""
    wheel = wheel_of(version=version)
    filename = wheel.filename.replace("-py3-", f"-{interpreter}-")
    return PythonDistribution(filename, wheel.data, wheel.fields)


def publish_many(site: Site, base: str, files: list[PythonDistribution]) -> Counter[int]:
    """Publish files at the same moment, and return how often each status came."""
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    answers = at_once(
        len(files),
        lambda number: site.admin.post(
            f"{base}/legacy/", data=encoded(*form_of(files[number])), headers={"Content-Type": kind}
        ),
    )
    return Counter(answer.status for answer in answers)


@pytest.mark.slow
def test_given_a_server_killed_while_files_are_published_then_each_is_whole_and_there_once(
    stacked: Site, base: str
) -> None:
    def send(name: str, data: bytes) -> PythonDistribution:
        wheel = wheel_of("killed", f"1.{name}", content=data)
        status = until_answered(
            lambda: publish(stacked, base, wheel), is_answer=lambda status: status in {200, 409}
        )
        assert status == 200, "the same bytes again are a success"
        return wheel

    everything = sent_through_kills(stacked, send, sizes=SIZES, seed=17)

    wheels = [each.told for each in everything]
    assert page(stacked, base, "killed") == {each.filename: each.digest for each in wheels}
    for each in wheels[:20]:
        response = requests.get(
            f"{stacked.server.url}{base}/files/{each.digest}/{each.filename}",
            headers={"Authorization": f"Bearer {stacked.token}"},
            timeout=60,
        )
        assert response.content == each.data
    assert stacked.fsck().findings == []
