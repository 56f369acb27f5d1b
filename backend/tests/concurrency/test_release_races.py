"""Many clients and one package: at most one release is in use, and nobody sees an error of ours."""

from collections import Counter

from tests.concurrency.test_races import at_once
from tests.support.builders import numbers
from tests.support.client import Answer
from tests.support.site import Site

RELEASES = "/api/v1/packages"
CLIENTS = 10


def releases_of(site: Site, count: int) -> tuple[str, list[int]]:
    """Make a package with releases that have bytes; return its URL and their ids."""
    project = f"race-{next(numbers)}"
    package = site.new_package(project)
    for number in range(count):
        site.admin.put(
            f"{package}/upload/a.bin", f"{project} {number}".encode(), query={"version": f"1.0.{number}"}
        ).ok()
    found = site.admin.get(RELEASES, query={"project": project}).ok().items
    return package, [int(each["id"]) for each in found]


def statuses(site: Site, ids: list[int]) -> Counter[str]:
    """Count the releases by where they stand."""
    return Counter(str(site.admin.get(f"{RELEASES}/{each}").ok().data["status"]) for each in ids)


def test_given_ten_clients_activating_ten_releases_at_once_then_exactly_one_is_activated(
    stacked: Site,
) -> None:
    package, ids = releases_of(stacked, CLIENTS)

    for _ in range(3):
        answers = at_once(CLIENTS, lambda each: stacked.admin.post(f"{RELEASES}/{ids[each]}/activate"))

        assert Counter(answer.status for answer in answers) == {200: CLIENTS}
        assert statuses(stacked, ids) == {"activated": 1, "downloaded": CLIENTS - 1}
        active = stacked.admin.get(f"{RELEASES}", query={"status": "activated", "limit": 200}).ok().items
        mine = next(each for each in active if each["id"] in ids)
        assert stacked.admin.get(f"{package}/+/active").headers["X-Artifact-Id"] == mine["artifact_id"]


def test_given_activations_deactivations_and_deletions_at_once_then_the_rules_hold(stacked: Site) -> None:
    _, ids = releases_of(stacked, 4)

    def act(number: int) -> Answer:
        url = f"{RELEASES}/{ids[number % 4]}"
        if number % 5 == 4:
            return stacked.admin.delete(url)
        return stacked.admin.post(f"{url}/{'deactivate' if number % 5 == 3 else 'activate'}")

    answers = at_once(20, act)

    assert {answer.status for answer in answers} <= {200, 204, 404, 409}
    left = [each for each in ids if stacked.admin.get(f"{RELEASES}/{each}").status == 200]
    assert statuses(stacked, left)["activated"] <= 1


def test_given_ten_clients_making_one_release_then_one_makes_it(stacked: Site) -> None:
    project = f"race-{next(numbers)}"
    stacked.new_package(project)
    body = {"name": "fresh", "version": "1.0.0", "project": project}

    answers = at_once(CLIENTS, lambda _: stacked.admin.post(RELEASES, body))

    assert Counter(answer.status for answer in answers) == {201: 1, 409: CLIENTS - 1}
    assert len(stacked.admin.get(RELEASES, query={"project": project}).ok().items) == 1


def test_given_ten_uploads_of_different_bytes_for_one_waiting_release_then_one_fills_it(
    stacked: Site,
) -> None:
    project = f"race-{next(numbers)}"
    package = stacked.new_package(project)
    body = {"name": "package", "version": "1.0.0", "project": project}
    release_id = stacked.admin.post(RELEASES, body).ok().data["id"]

    answers = at_once(
        CLIENTS,
        lambda each: stacked.admin.put(
            f"{package}/upload/a.bin", f"{project} {each}".encode(), query={"version": "1.0.0"}
        ),
    )

    assert Counter(answer.status for answer in answers) == {200: 1, 409: CLIENTS - 1}
    winner = next(answer for answer in answers if answer.status == 200).data["artifact_id"]
    assert stacked.admin.get(f"{RELEASES}/{release_id}").data["artifact_id"] == winner
