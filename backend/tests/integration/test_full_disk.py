"""A disk that is full: uploads stop, deleting and starting go on, and nothing that was accepted is lost."""

import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.support.builders import content, numbers, sha256
from tests.support.client import Answer, ApiClient
from tests.support.live import LiveServer, start, stop
from tests.support.site import Site, eventually, site
from tests.support.small_disks import MIB, fill, free_bytes, small_disk

# The long form, which takes a minute of work on each kind of disk: FULL_DISK_SECONDS=60 FULL_DISKS=tmpfs,ext4
SECONDS = float(os.environ.get("FULL_DISK_SECONDS", "8"))
KINDS = os.environ.get("FULL_DISKS", "tmpfs").split(",")
CLIENTS = 6
LARGEST_BYTES = 3 * MIB
RESERVE_BYTES = 64 * MIB // 20
REFUSED_SECONDS = 5.0


@dataclass
class DiskFillers:
    """Clients that upload and delete at random, and what they were told."""

    site: Site
    package: str
    administrator: ApiClient
    kept: dict[str, str] = field(default_factory=dict)  # tag -> digest, as acknowledged
    statuses: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    names: Iterator[int] = field(default_factory=itertools.count)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, answer: Answer) -> None:
        """Count an answer."""
        with self.lock:
            self.statuses[what, answer.status, answer.reason] += 1

    def upload(self, dice: random.Random) -> None:
        """Send a file of any size, of a length that is announced or not."""
        tag = f"t{next(self.names)}"
        data = content(dice.choice([1000, 50_000, MIB, LARGEST_BYTES]) + dice.randrange(1000), int(tag[1:]))
        body = data if dice.random() < 0.7 else iter([data[:700], data[700:]])
        answer = self.site.admin.put(f"{self.package}/upload/{tag}.bin", body, query={"tag": tag})
        self.note("upload", answer)
        if answer.status == 200:
            with self.lock:
                self.kept[tag] = sha256(data)

    def delete(self, dice: random.Random) -> None:
        """Take a tag away that was acknowledged; it is there still if that is refused."""
        with self.lock:
            tag = dice.choice(list(self.kept)) if self.kept else None
            digest = self.kept.pop(tag) if tag is not None else ""
        if tag is None:
            return
        answer = self.site.admin.delete(f"{self.package}/tags/{tag}")
        self.note("delete", answer)
        if answer.status != 204:
            with self.lock:
                self.kept[tag] = digest

    def collect(self, _dice: random.Random) -> None:
        """Let the service give back what nobody refers to."""
        self.note("collect", self.administrator.post("/api/v1/maintenance/collect"))
        time.sleep(0.5)

    def work(self, seconds: float) -> None:
        """Let everybody do something at random for a while."""
        over = time.monotonic() + seconds

        def one(number: int) -> None:
            dice = random.Random(number)
            while time.monotonic() < over:
                deed = dice.choices([self.upload, self.delete, self.collect], [10, 6, 1])[0]
                deed(dice)

        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(one, number) for number in range(CLIENTS)]:
                done.result()

    def wrong(self) -> list[str]:
        """Return the tags that are not what was acknowledged."""
        found = []
        for tag, digest in self.kept.items():
            answer = self.site.admin.get(f"{self.package}/+/tag:{tag}")
            if answer.status != 200 or sha256(answer.body) != digest:
                found.append(f"{tag}: {answer.status} {answer.reason}")
        return found


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB, with the data directory of a service; its log lies elsewhere."""
    with small_disk(tmp_path, kind=request.param) as disk:
        (disk / "data").mkdir()
        (disk / "data" / "server.log").symlink_to(tmp_path / "server.log")
        yield disk


@pytest.fixture
def served(place: Path) -> Iterator[Site]:
    """A service whose whole data lies on that disk."""
    with site(place / "data") as running:
        yield running


def upload_until_refused(served: Site, package: str) -> tuple[dict[str, bytes], Answer]:
    """Upload until there is no room for anything; return what was taken, and the last refusal."""
    taken: dict[str, bytes] = {}
    sizes = [MIB // 2, 16_000, 1]
    while True:
        number = next(numbers)
        tag, data = f"full-{number}", content(sizes[0] + number, seed=number)
        answer = served.admin.put(f"{package}/upload/{tag}.bin", data, query={"tag": tag})
        if answer.status == 200:
            taken[tag] = data
        elif len(sizes) == 1:
            return taken, answer
        else:
            sizes.pop(0)


def filled_up(served: Site, package: str) -> dict[str, bytes]:
    """Upload until there is no room, and see that it is said; return what was taken."""
    taken, refused = upload_until_refused(served, package)
    assert (refused.status, refused.reason) == (503, "store_full")
    assert int(refused.headers["Retry-After"]) > 0
    assert "disk" in refused.msg
    answer = not_ready(served.server)
    assert (answer.status, answer.data["causes"]) == (503, {"blob_store": "full"})
    assert "the disk of blob_store is full" in answer.msg
    return taken


def not_ready(server: LiveServer) -> Answer:
    """Return what the service says that it is not ready for."""
    return server.client().get("/api/ready")


def lives(server: LiveServer) -> bool:
    """Tell whether the service answers at all."""
    try:
        return server.client().get("/api/health").status == 200
    except requests.RequestException:
        return False


def restarted(server: LiveServer) -> None:
    """End the service and start it again as `make run` does: with `flask init` before it."""
    stop(server.process)
    server.flask("init")
    server.process = start(server.environ, server.log)
    assert eventually(lambda: lives(server), 30), server.log.read_text()[-3000:]


def delete_all(admin: ApiClient, package: str) -> None:
    """Delete every tag; that always works."""
    for tag in admin.all_items(f"{package}/tags"):
        assert admin.delete(f"{package}/tags/{tag['name']}").status == 204


@pytest.mark.slow
def test_given_a_disk_that_fills_up_then_nothing_is_lost_and_deleting_gives_the_room_back(
    served: Site, place: Path, record_property: Callable[[str, object], None]
) -> None:
    crowd = DiskFillers(served, served.new_package("crowd"), served.server.administrator())
    free_at_first = free_bytes(place)

    crowd.work(SECONDS)

    record_property("statuses", json.dumps({" ".join(map(str, key)): n for key, n in crowd.statuses.items()}))
    assert crowd.statuses["upload", 200, ""] > 5, crowd.statuses
    refusals = {key for key in crowd.statuses if key[1] not in (200, 202, 204)}
    assert refusals <= {("upload", 503, "store_full")}, crowd.statuses
    assert crowd.wrong() == []
    assert free_bytes(place) > 0

    more = filled_up(served, crowd.package)
    assert free_bytes(place) >= RESERVE_BYTES // 2, "the reserve is still there"
    restarted(served.server)
    more |= filled_up(served, crowd.package)  # there is room again that the database's log had
    assert served.admin.post("/api/v1/auth/keys", {"name": "made while it is full"}).status == 200
    assert crowd.wrong() == []
    assert {tag for tag, data in more.items() if fetched(served, crowd.package, tag) != data} == set()

    delete_all(served.admin, crowd.package)
    assert collected(served)
    assert eventually(lambda: not_ready(served.server).status == 200, 20)
    assert free_bytes(place) > free_at_first - 8 * MIB, "but for what the database has grown by"
    assert served.admin.put(f"{crowd.package}/upload/new.bin", content(LARGEST_BYTES)).status == 200
    assert served.fsck().findings == []
    assert not list((place / "data" / "secrets").glob("*.*")), "no drafts are left"


def fetched(served: Site, package: str, tag: str) -> bytes:
    """Return the bytes behind a tag."""
    return served.admin.get(f"{package}/+/tag:{tag}").ok().body


def collected(served: Site) -> bool:
    """Let `flask collect` remove everything; objects outlive their artifact as long as a link."""

    def nothing_is_left() -> bool:
        served.server.flask("collect", "--json")
        return not served.artifact_keys() and not served.keys()

    return eventually(nothing_is_left, 30)


@pytest.mark.slow
def test_given_a_disk_that_others_fill_then_it_is_named_and_reading_goes_on(
    served: Site, place: Path
) -> None:
    package = served.new_package("others")
    data = content(MIB)
    served.admin.put(f"{package}/upload/kept.bin", data, query={"tag": "kept"}).ok()
    lines = len(served.server.log_lines())

    filler = fill(place)
    answer = not_ready(served.server)
    assert (answer.status, answer.data["down"]) == (503, ["database", "blob_store"])
    assert set(answer.data["causes"].values()) == {"full"}
    assert fetched(served, package, "kept") == data
    began = time.monotonic()
    for refused in (
        served.admin.put(f"{package}/upload/new.bin", b"new"),
        served.admin.put(f"{package}/tags/new", json={"artifact_id": sha256(data)}),
        served.admin.post("/api/v1/projects", {"name": "new"}),
    ):
        assert refused.status == 503
        assert refused.reason in {"store_full", "database_full"}
        assert "disk" in refused.msg
    assert time.monotonic() - began < REFUSED_SECONDS
    time.sleep(6)  # periodic tasks come by meanwhile, every second
    complaints = [line for line in served.server.log_lines()[lines:] if '"level": "INFO"' not in line]
    assert len(complaints) < 20, "what stays wrong is not said again and again"

    stop(served.server.process)
    served.server.process = start(served.server.environ, served.server.log)
    assert eventually(lambda: lives(served.server), 30), "it starts, and says what is wrong"
    assert set(not_ready(served.server).data["causes"].values()) == {"full"}

    filler.unlink()
    assert eventually(lambda: not_ready(served.server).status == 200, 20)
    assert served.admin.put(f"{package}/upload/new.bin", b"new", query={"tag": "new"}).status == 200
    assert fetched(served, package, "kept") == data
