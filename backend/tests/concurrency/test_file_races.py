"""Many clients, or adoptions, that add files to one version at once, on both stacks."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest

from tests.concurrency.test_races import at_once
from tests.support.builders import content, numbers, sha256
from tests.support.client import Answer
from tests.support.site import Site, eventually
from tests.unit.formats.samples import zipped

WORKERS, FILES = 50, 10
ADOPTED_VERSIONS, ADOPTIONS = 5, 6


@pytest.fixture
def package(stacked: Site) -> str:
    """The URL of a new package whose versions have several files."""
    project = f"files-{next(numbers)}"
    url = stacked.new_package(project)
    stacked.admin.patch(settings_of(url), {"layout": "files"}).ok()
    return url


def settings_of(package: str) -> str:
    """Return the URL of the package itself."""
    project, name = package.rsplit("/", 1)
    return f"{project}/packages/{name}"


def files_of(site: Site, package: str, version: str) -> list[dict[str, Any]]:
    """Return every file of a version."""
    found: list[dict[str, Any]] = []
    query = {"limit": "200"}
    while True:
        page = site.admin.get(f"{package}/versions/{version}/files", query=query).ok().data
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_given_500_files_at_once_for_a_new_version_then_it_has_all_of_them_while_garbage_is_collected(
    stacked: Site, package: str
) -> None:
    def upload(worker: int) -> Counter[int]:
        return Counter(
            stacked.admin.put(
                f"{package}/upload/{worker}-{number}.bin",
                content(100, seed=worker * FILES + number),
                query={"version": "1.0.0"},
            ).status
            for number in range(FILES)
        )

    done = Event()
    with ThreadPoolExecutor(WORKERS + 1) as pool:
        collecting = pool.submit(collect_until, done, stacked)
        statuses = sum(pool.map(upload, range(WORKERS)), Counter[int]())
        done.set()
        collecting.result()

    assert statuses == {200: WORKERS * FILES}
    assert [each["version"] for each in stacked.admin.get(f"{package}/versions").ok().items] == ["1.0.0"]
    listed = {each["filename"]: each["sha256"] for each in files_of(stacked, package, "1.0.0")}
    assert listed == {
        f"{worker}-{number}.bin": sha256(content(100, seed=worker * FILES + number))
        for worker in range(WORKERS)
        for number in range(FILES)
    }
    assert stacked.admin.get(f"{package}/+/version:1.0.0/49-9.bin").ok().body == content(100, seed=499)


def collect_until(done: Event, site: Site) -> None:
    """Collect garbage again and again."""
    while not done.wait(0.05):
        site.collect()


def test_given_one_file_50_times_at_once_then_the_version_has_it_once(stacked: Site, package: str) -> None:
    data, name = content(10_000, seed=50), quote("说明.bin")
    stacked.admin.put(f"{package}/upload/a.bin", b"a", query={"version": "1.0.0"}).ok()

    answers = at_once(
        WORKERS,
        lambda _: stacked.admin.put(
            f"{package}/upload/{quote('说明.bin')}", data, query={"version": "1.0.0"}
        ),
    )

    assert Counter(answer.status for answer in answers) == {200: WORKERS}
    listed = [(each["filename"], each["sha256"]) for each in files_of(stacked, package, "1.0.0")]
    assert listed == [("a.bin", sha256(b"a")), ("说明.bin", sha256(data))]
    stacked.admin.delete(f"{package}/versions/1.0.0/files/{name}").ok()
    with_blank = quote("a.bin ")
    stacked.admin.put(f"{package}/upload/{with_blank}", b"other", query={"version": "1.0.0"}).ok()
    assert [each["filename"] for each in files_of(stacked, package, "1.0.0")] == ["a.bin", "a.bin "]


def test_given_files_added_while_the_layout_is_narrowed_then_no_version_of_one_file_has_two(
    stacked: Site, package: str
) -> None:
    def work(number: int) -> Answer:
        if number == 10:
            return stacked.admin.patch(settings_of(package), {"layout": "single"})
        query = {"version": f"1.{number % 10}.0"}
        return stacked.admin.put(f"{package}/upload/{number}.bin", content(1000, seed=number), query=query)

    answers = at_once(20, work)

    layout = stacked.admin.get(settings_of(package)).ok().data["layout"]
    versions = stacked.admin.get(f"{package}/versions").ok().items
    most = max(len(files_of(stacked, package, each["version"])) for each in versions)
    assert {answer.status for answer in answers} <= {200, 409}
    assert layout == ("single" if answers[10].status == 200 else "files")
    assert layout == "files" or most == 1


def test_given_tags_made_while_the_layout_changes_then_each_points_at_what_tags_of_it_do(
    stacked: Site, package: str
) -> None:
    layouts = ("single", "files")
    stacked.admin.put(f"{package}/upload/a.bin", b"a", query={"version": "1.0.0", "tag": "first"}).ok()

    def work(number: int) -> Answer:
        if number % 5 == 0:
            return stacked.admin.patch(settings_of(package), {"layout": layouts[number // 5 % 2]})
        if number % 5 == 1:
            query = {"version": f"1.0.{number}", "tag": f"t{number}"}
            return stacked.admin.put(f"{package}/upload/a.bin", b"%d" % number, query=query)
        return stacked.admin.request("PUT", f"{package}/tags/t{number % 5}", json={"version": "1.0.0"})

    answers = at_once(40, work)

    assert {answer.status for answer in answers} == {200}
    tags = stacked.admin.get(f"{package}/tags").ok().items
    is_files = stacked.admin.get(settings_of(package)).ok().data["layout"] == "files"
    assert len(tags) == 12
    assert {each["version"] is not None for each in tags} == {is_files}
    assert {stacked.admin.get(f"{package}/+/tag:{each['name']}").status for each in tags} == {200}


def metadata(version: str) -> bytes:
    """Return what a distribution says of itself."""
    return f"Metadata-Version: 2.1\nName: box\nVersion: {version}\n\n".encode()


def distributions() -> dict[str, bytes]:
    """Return wheels, and source distributions that write the same versions in another way."""
    wheels = {
        f"box-{number}.0-py3-none-any.whl": zipped(
            {f"box-{number}.dist-info/METADATA": metadata(f"{number}.0")}
        )
        for number in range(ADOPTED_VERSIONS)
    }
    sources = {
        f"box-{number}.zip": zipped({f"box-{number}/PKG-INFO": metadata(str(number))})
        for number in range(ADOPTED_VERSIONS)
    }
    return {**wheels, **sources}


def test_given_adoptions_and_uploads_at_once_then_each_file_is_there_once_in_one_version(
    stacked: Site,
) -> None:
    project = f"adoption-{next(numbers)}"
    package, files = stacked.new_package(project), distributions()
    for name, data in files.items():
        stacked.admin.put(f"{package}/upload/{name}", data).ok()

    def act(number: int) -> Answer:
        if number == ADOPTIONS - 1:
            return stacked.admin.put(f"{package}/upload/late.txt", b"late", query={"version": "99"})
        return stacked.admin.post(f"{package}/adopt", {"format": "pypi", "name": "box"})

    *asked, late = at_once(ADOPTIONS, act)

    late.ok()
    where = [f"{package}/adopt/{answer.ok().data['id']}" for answer in asked]
    assert eventually(lambda: {stacked.admin.get(url).ok().data["state"] for url in where} == {"done"}, 60)
    reports = [stacked.admin.get(url).data["report"] for url in where]
    assert sum(each["adopted"] for each in reports) <= len(files)  # a job that is begun again finds its own
    assert {each["adopted"] + each["present"] for each in reports} == {len(files)}
    target = f"/api/v1/project/{project}/pypi:box"
    versions = [each["version"] for each in stacked.admin.get(f"{target}/versions").ok().items]
    assert len(versions) == ADOPTED_VERSIONS
    found = [
        each for name in versions for each in stacked.admin.get(f"{target}/versions/{name}/files").ok().items
    ]
    assert {each["filename"]: each["sha256"] for each in found} == {
        name: sha256(data) for name, data in files.items()
    }
    assert len(found) == len(files)
