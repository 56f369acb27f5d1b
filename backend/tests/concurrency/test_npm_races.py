"""Publishers of npm's packages at once, and kill -9 of the server below them, on both stacks."""

from collections import Counter

import pytest

from tests.concurrency.test_races import at_once
from tests.support.builders import content, numbers
from tests.support.client import Answer
from tests.support.kills import sent_through_kills, until_answered
from tests.support.node_registry import NodePackage, package_of, publication
from tests.support.site import Site

PUBLISHERS = 8
SIZES = [3000, 200_000, 3_000_000]


@pytest.fixture
def base(stacked: Site) -> str:
    """Where the registry of a new project is."""
    name = f"node-{next(numbers)}"
    stacked.admin.post("/api/v1/projects", {"name": name}).ok()
    return f"/npm/{name}"


def publish(site: Site, base: str, package: NodePackage, tag: str = "latest") -> Answer:
    """Publish a package."""
    return site.admin.put(f"{base}/{package.name}", json=publication(package, tag))


def publish_many(site: Site, base: str, packages: list[NodePackage]) -> Counter[int]:
    """Publish packages at the same moment, and return how often each status came."""
    answers = at_once(len(packages), lambda number: publish(site, base, packages[number]))
    return Counter(answer.status for answer in answers)


def integrities(site: Site, base: str, name: str = "lib") -> dict[str, str]:
    """Return the versions of a package and what lock files would hold of them."""
    found = site.admin.get(f"{base}/{name}").ok().data
    return {version: each["dist"]["integrity"] for version, each in found["versions"].items()}


def test_given_the_same_version_from_many_at_once_then_all_succeed_and_it_is_there_once(
    stacked: Site, base: str
) -> None:
    lib = package_of("lib", content=content(50_000, seed=1))

    assert publish_many(stacked, base, [lib] * PUBLISHERS) == {201: PUBLISHERS}

    assert integrities(stacked, base) == {"1.0.0": lib.integrity}


def test_given_other_bytes_from_each_then_one_wins_and_the_others_are_told(stacked: Site, base: str) -> None:
    libs = [package_of("lib", content=content(50_000, seed=seed)) for seed in range(PUBLISHERS)]

    assert publish_many(stacked, base, libs) == {201: 1, 409: PUBLISHERS - 1}

    ((version, integrity),) = integrities(stacked, base).items()
    winner = next(each for each in libs if each.integrity == integrity)
    assert stacked.admin.get(f"{base}/lib/-/lib-{version}.tgz").ok().body == winner.data


def test_given_a_version_from_each_then_all_are_there_and_latest_is_one_of_them(
    stacked: Site, base: str
) -> None:
    libs = [package_of("lib", f"1.{number}.0") for number in range(PUBLISHERS)]

    assert publish_many(stacked, base, libs) == {201: PUBLISHERS}

    assert integrities(stacked, base) == {each.version: each.integrity for each in libs}
    tags = stacked.admin.get(f"{base}/-/package/lib/dist-tags").ok().data
    assert set(tags) == {"latest"}
    assert tags["latest"] in {each.version for each in libs}


def test_given_everything_at_once_then_each_is_done_or_told_to_read_again(stacked: Site, base: str) -> None:
    assert publish(stacked, base, package_of("lib")).status == 201
    tags = f"{base}/-/package/lib/dist-tags"

    def act(number: int) -> Answer:
        if number % 4 == 0:
            return publish(stacked, base, package_of("lib", f"1.{number}.1"), f"tag-{number}")
        if number % 4 == 1:
            return stacked.admin.put(f"{tags}/stable", json="1.0.0")
        document = stacked.admin.get(f"{base}/lib").ok().data
        if number % 4 == 2:
            document["versions"]["1.0.0"]["deprecated"] = f"because of {number}"
            return stacked.admin.put(f"{base}/lib", json=document)
        document["versions"].pop(document["dist-tags"].get("tag-0"), None)
        return stacked.admin.put(f"{base}/lib/-rev/{document['_rev']}", json=document)

    statuses = {number: answer.status for number, answer in enumerate(at_once(24, act))}

    assert {statuses[number] for number in statuses if number % 4 < 2} == {201}
    assert {statuses[number] for number in statuses if number % 4 > 1} <= {201, 409}
    found = stacked.admin.get(f"{base}/lib").ok().data
    assert set(found["versions"]) >= {"1.0.0", *(f"1.{number}.1" for number in range(4, 24, 4))}
    assert found["dist-tags"]["stable"] == "1.0.0"


def test_given_a_package_unpublished_while_versions_come_then_none_goes_that_was_not_seen(
    stacked: Site, base: str
) -> None:
    manager = stacked.server.administrator()
    for name in (f"lib-{number}" for number in range(15)):
        assert publish_many(stacked, base, [package_of(name), package_of(name, "1.1.0")]) == {201: 2}
        revision = stacked.admin.get(f"{base}/{name}").ok().data["_rev"]

        def act(number: int, name: str = name, revision: str = revision) -> Answer:
            if number == 0:
                return manager.delete(f"{base}/{name}/-rev/{revision}")
            return publish(stacked, base, package_of(name, f"2.{number}.0"))

        deleted, *published = at_once(4, act)

        assert deleted.status in {200, 409}
        assert {answer.status for answer in published} <= {201, 404, 409}  # it goes, or has gone
        taken = {f"2.{number}.0" for number, answer in enumerate(published, 1) if answer.status == 201}
        before = {"1.0.0", "1.1.0"} if deleted.status == 409 else set()
        found = stacked.admin.get(f"{base}/{name}")
        assert set(found.data["versions"] if found.status == 200 else ()) == taken | before


@pytest.mark.slow
def test_given_a_server_killed_while_versions_are_published_then_each_is_whole_and_there_once(
    stacked: Site, base: str
) -> None:
    def send(name: str, data: bytes) -> NodePackage:
        package = package_of("killed", f"1.{name}.0", content=data)
        status = until_answered(
            lambda: publish(stacked, base, package, "next").status,
            is_answer=lambda status: status in {201, 409},
        )
        assert status == 201, "the same bytes again are a success"
        return package

    everything = sent_through_kills(stacked, send, sizes=SIZES, seed=19)

    packages = [each.told for each in everything]
    assert integrities(stacked, base, "killed") == {each.version: each.integrity for each in packages}
    for each in packages[:20]:
        assert stacked.admin.get(f"{base}/killed/-/{each.filename}").ok().body == each.data
    assert stacked.fsck().findings == []
