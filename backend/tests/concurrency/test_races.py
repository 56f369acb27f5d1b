"""Many clients at once: one artifact, one winner, no error."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer, ApiClient
from tests.support.live import LiveServer


def at_once(count: int, work: Callable[[int], Answer]) -> list[Answer]:
    """Do the same thing many times at the same moment."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


@pytest.mark.parametrize("count", [2, 5, 10])
def test_given_different_files_at_once_then_each_comes_back_unmixed(
    admin: ApiClient, package_url: str, count: int
) -> None:
    def upload(number: int) -> Answer:
        data = content(200_000, seed=number)
        return admin.put(f"{package_url}/upload/{number}.bin", data, query={"tag": f"tag-{number}"})

    answers = at_once(count, upload)

    assert [answer.status for answer in answers] == [200] * count
    for number in range(count):
        assert admin.get(f"{package_url}/+/tag-{number}").body == content(200_000, seed=number)


def test_given_the_same_bytes_32_times_at_once_then_there_is_one_artifact_with_32_references(
    server: LiveServer, admin: ApiClient, package_url: str
) -> None:
    data = content(300_000, seed=32)
    before = server.objects()

    answers = at_once(32, lambda number: admin.put(f"{package_url}/upload/same-{number}.bin", data))

    assert Counter(answer.status for answer in answers) == {200: 32}
    assert {answer.data["artifact_id"] for answer in answers} == {sha256(data)}
    assert admin.get(f"/api/v1/artifact/{sha256(data)}").data["ref_count"] == 32
    server.flask("sweep")
    assert len(server.objects() - before) == 1, "every surplus object is gone"


def test_given_the_same_bytes_under_32_tags_at_once_then_each_tag_is_a_reference(
    admin: ApiClient, package_url: str
) -> None:
    data = content(10_000, seed=33)

    answers = at_once(
        32, lambda number: admin.put(f"{package_url}/upload/a.bin", data, query={"tag": f"dedup-{number}"})
    )

    assert Counter(answer.status for answer in answers) == {200: 32}
    assert admin.get(f"/api/v1/artifact/{sha256(data)}").data["ref_count"] == 32


def test_given_ten_contents_racing_for_one_version_then_one_wins_and_nine_are_told(
    server: LiveServer, admin: ApiClient, package_url: str
) -> None:
    before = server.objects()

    answers = at_once(
        10,
        lambda number: admin.put(
            f"{package_url}/upload/a.bin", content(50_000, seed=100 + number), query={"version": "1.0.0"}
        ),
    )

    assert Counter(answer.status for answer in answers) == {200: 1, 409: 9}
    winner = next(answer for answer in answers if answer.status == 200).data["artifact_id"]
    losers = [answer for answer in answers if answer.status == 409]
    assert {answer.data["existing"] for answer in losers} == {winner}
    assert winner not in {answer.data["offered"] for answer in losers}
    assert sha256(admin.get(f"{package_url}/+/version:1.0.0").body) == winner
    assert len(server.objects() - before) == 1, "a refused upload leaves no object"


def test_given_ten_clients_swapping_one_tag_then_exactly_one_swap_succeeds(
    admin: ApiClient, package_url: str
) -> None:
    ids = [
        admin.put(f"{package_url}/upload/a.bin", content(100, seed=number)).ok().data["artifact_id"]
        for number in range(11)
    ]
    tag = f"{package_url}/tags/stable"
    admin.request("PUT", tag, json={"artifact_id": ids[10]}).ok()

    answers = at_once(
        10,
        lambda number: admin.request(
            "PUT", tag, json={"artifact_id": ids[number]}, headers={"If-Match": f'"{ids[10]}"'}
        ),
    )

    assert Counter(answer.status for answer in answers) == {200: 1, 412: 9}
    assert len(admin.get(f"{tag}/history").items) == 2


def test_given_one_idempotency_key_ten_times_at_once_then_there_is_one_upload(
    admin: ApiClient, package_url: str
) -> None:
    answers = at_once(
        10,
        lambda _: admin.put(
            f"{package_url}/upload/a.bin", b"once", headers={"Idempotency-Key": package_url[-20:]}
        ),
    )

    assert Counter(answer.status for answer in answers) == {200: 10}
    assert len({answer.data["id"] for answer in answers}) == 1
    assert len(admin.get(f"{package_url}/uploads").items) == 1


def test_given_fifty_clients_making_one_project_then_one_makes_it(admin: ApiClient, package_url: str) -> None:
    name = f"race-{package_url.rsplit('-', 1)[-1]}"

    answers = at_once(20, lambda _: admin.post("/api/v1/projects", {"name": name}))

    assert Counter(answer.status for answer in answers) == {200: 1, 409: 19}


def test_given_uploads_and_downloads_at_once_then_readers_see_whole_files_only(
    admin: ApiClient, package_url: str
) -> None:
    versions = [content(150_000, seed=number) for number in range(6)]
    admin.put(f"{package_url}/upload/a.bin", versions[0], query={"tag": "moving"}).ok()

    def act(number: int) -> Answer:
        if number % 2:
            return admin.get(f"{package_url}/+/moving")
        return admin.put(f"{package_url}/upload/a.bin", versions[number // 2 % 6], query={"tag": "moving"})

    answers = at_once(24, act)

    assert {answer.status for answer in answers} == {200}
    assert {answer.body for answer in answers[1::2]} <= set(versions)
