"""Uploaders, downloaders, taggers, deleters and the collector together, and what must hold all the time."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tests.support.builders import content, sha256
from tests.support.client import Answer, ApiClient
from tests.support.site import Site, eventually
from wxcloudrun.artifacts.models import Artifact, PendingDeletion
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.kit.db import reading
from wxcloudrun.stores.blobs.port import StoreUnavailable

CONTENTS = 12  # few, so that the same bytes are deleted, collected and uploaded all the time
SHARED_TAGS = 3


class Soak:
    """What the clients know: which references must be there, and every status that was answered.

    While servers are killed on purpose it is `tolerant`: 503 and lost connections are counted, and only
    what was acknowledged must hold.
    """

    def __init__(self, site: Site, package: str, *, tolerant: bool, clients: Sequence[ApiClient]) -> None:
        self.site = site
        self.tolerant = tolerant
        self._clients = itertools.cycle(clients)
        self.package = package
        self.contents = [content(1000 + 40_000 * number, seed=number) for number in range(CONTENTS)]
        self.digests = {sha256(data): data for data in self.contents}
        self.kept: dict[str, str] = {}  # tag -> digest: acknowledged and not given to a deleter
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.problems: list[str] = []
        self.wrong = 0
        self.runs = 0
        self.seconds = 0.0
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._names = itertools.count()

    def client(self) -> ApiClient:
        """Return one of the instances of the service, each in turn."""
        with self._lock:
            return next(self._clients)

    def note(self, what: str, answer: Answer, *allowed: int) -> bool:
        """Count an answer; tell whether it is a success."""
        with self._lock:
            self.statuses[what, answer.status] += 1
            tolerated = (503,) if self.tolerant else ()
            if answer.status not in (200, 204, *allowed, *tolerated):
                self.problems.append(f"{what}: {answer.status} {answer.body[:200]!r}")
        return answer.status in (200, 204)

    def upload(self, dice: random.Random) -> None:
        data = dice.choice(self.contents)
        name = f"t{next(self._names)}"
        query = {"tag": name} | ({"version": f"1.0.{name[1:]}"} if dice.random() < 0.3 else {})
        answer = self.client().put(f"{self.package}/upload/{name}.bin", data, query=query)
        if self.note("upload", answer):
            with self._lock:
                self.kept[name] = sha256(data)

    def upload_bare(self, dice: random.Random) -> None:
        """Upload and let go at once: what makes garbage of bytes that others are just uploading."""
        data = dice.choice(self.contents)
        answer = self.client().put(f"{self.package}/upload/bare.bin", data)
        if self.note("bare upload", answer):
            self.note(
                "let go", self.client().request("DELETE", f"{self.package}/uploads/{answer.data['id']}")
            )

    def download(self, dice: random.Random) -> None:
        with self._lock:
            name = dice.choice(list(self.kept)) if self.kept else None
        if name is None:
            return
        answer = self.client().get(f"{self.package}/+/tag:{name}")
        with self._lock:
            expected = self.kept.get(name)
        if self.note("download", answer, *([] if expected else [404])):
            self.check_bytes(answer, expected)

    def check_bytes(self, answer: Answer, expected: str | None) -> None:
        digest = sha256(answer.body)
        if digest != answer.headers["X-Artifact-Id"] or digest not in self.digests:
            self.wrong += 1
            self.problems.append(f"wrong bytes: {digest} for {answer.headers['X-Artifact-Id']}")
        if expected not in (None, digest):
            self.wrong += 1
            self.problems.append(f"bytes of another artifact: {digest} for {expected}")

    def move_tag(self, dice: random.Random) -> None:
        digest = dice.choice(list(self.digests))
        tag = f"moving-{dice.randrange(SHARED_TAGS)}"
        answer = self.client().request("PUT", f"{self.package}/tags/{tag}", json={"artifact_id": digest})
        self.note("move tag", answer, 404)  # nothing refers to these bytes at the moment
        answer = self.client().get(f"{self.package}/+/tag:{tag}")
        if self.note("read moving tag", answer, 404):
            self.check_bytes(answer, None)

    def delete(self, dice: random.Random) -> None:
        with self._lock:
            if len(self.kept) < 5:
                return
            name = dice.choice(list(self.kept))
            del self.kept[name]
        self.note("delete tag", self.client().request("DELETE", f"{self.package}/tags/{name}"))
        self.client().request("DELETE", f"{self.package}/versions/1.0.{name[1:]}")

    def collect(self, _dice: random.Random) -> None:
        try:
            self.site.collect()
            self.site.sweep()
            self.runs += 1
        except (StoreUnavailable, SQLAlchemyError) as error:
            if not self.tolerant:
                self.problems.append(f"collector: {error!r}")
        time.sleep(0.05)

    def lost_connection(self, error: requests.RequestException) -> None:
        """Count what a killed server does to its clients."""
        with self._lock:
            self.statuses["connection lost", 0] += 1
            if not self.tolerant:
                self.problems.append(f"connection: {error!r}")
        time.sleep(0.01)

    def run(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Let everybody work for a while, with something going on meanwhile."""
        work: list[Callable[[random.Random], None]] = [
            self.upload, self.upload, self.upload, self.upload_bare,
            self.download, self.download, self.move_tag, self.delete, self.delete, self.collect,
        ]  # fmt: skip

        def repeat(number: int) -> None:
            dice = random.Random(number)
            while not self.done.is_set():
                try:
                    work[number](dice)
                except requests.RequestException as error:
                    self.lost_connection(error)

        began = time.monotonic()
        with ThreadPoolExecutor(len(work)) as pool:
            workers = [pool.submit(repeat, number) for number in range(len(work))]
            try:
                meanwhile()
                time.sleep(seconds)
            finally:
                self.done.set()
            for worker in workers:
                worker.result()
        self.seconds += time.monotonic() - began


@dataclass(slots=True)
class SoakVerdict:
    """What was found when everybody had stopped."""

    looked_for: int = 0
    missing: int = 0
    wrong: int = 0
    recounted: int = 0
    miscounted: int = 0
    is_exact: bool = False


@contextmanager
def soaking(
    site: Site,
    *,
    tolerant: bool = False,
    clients: Sequence[ApiClient] = (),
    say: Callable[[str], None] | None = None,
) -> Iterator[Soak]:
    """Begin with an empty package of its own; end by looking at everything, and `say` what was found."""
    package = site.new_package(f"soak-{time.monotonic_ns()}")
    soak = Soak(site, package, tolerant=tolerant, clients=clients or [site.admin])
    yield soak
    if tolerant:
        site.sweep_after_hours()  # uploads that died with a server
    verdict = judge(soak)
    if say is not None:
        say(closing_lines(soak, verdict))
    assert soak.problems == []
    assert (verdict.missing, verdict.wrong, verdict.miscounted) == (0, 0, 0), closing_lines(soak, verdict)
    assert site.keys() == site.artifact_keys()
    assert site.fsck().findings == []
    assert verdict.is_exact


def judge(soak: Soak) -> SoakVerdict:
    """Look at everything that must be there, and at what must not."""
    verdict = SoakVerdict(looked_for=len(soak.kept), recounted=len(soak.digests))
    for name, digest in soak.kept.items():
        answer = soak.client().get(f"{soak.package}/+/tag:{name}")
        verdict.missing += answer.status != 200
        verdict.wrong += answer.status == 200 and sha256(answer.body) != digest
    verdict.miscounted = sum(not counts_agree(soak, digest) for digest in soak.digests)
    verdict.is_exact = store_is_exact(soak.site)
    return verdict


def summary(soak: Soak) -> str:
    """Write down how often which answer came."""
    return ", ".join(f"{what} {status}: {count}" for (what, status), count in sorted(soak.statuses.items()))


def closing_lines(soak: Soak, verdict: SoakVerdict) -> str:
    """Write down what a long run was spent on and what came of it."""
    operations = sum(soak.statuses.values())
    failures = sum(count for (_, status), count in soak.statuses.items() if status >= 500)
    rate = operations / max(soak.seconds, 0.001)
    return "\n  ".join(
        [
            f"operations: {operations} in {soak.seconds:.0f} s ({rate:.0f} a second)",
            f"collections beside them: {soak.runs}",
            f"5xx: {failures}, lost connections: {soak.statuses['connection lost', 0]}",
            f"other complaints: {len(soak.problems)}",
            f"acknowledged and looked for at the end: {verdict.looked_for}, missing: {verdict.missing}",
            f"wrong bytes: {verdict.wrong + soak.wrong}",
            f"references counted again: {verdict.recounted} artifacts, wrong: {verdict.miscounted}",
            f"store exact: {'yes' if verdict.is_exact else 'NO'}",
            summary(soak),
        ]
    )


def counts_agree(soak: Soak, digest: str) -> bool:
    """Tell whether the service counts as many references as there are rows."""
    with soak.site.app.app_context(), reading() as session:
        recount = sum(
            session.execute(
                select(func.count()).select_from(table).where(table.c.artifact_id == digest)
            ).scalar_one()
            for table in reference_tables()
        )
    answer = soak.client().get(f"/api/v1/artifact/{digest}")
    return bool((answer.data["ref_count"] if answer.status == 200 else 0) == recount)


def store_is_exact(site: Site) -> bool:
    """Tell whether a last collection and sweep leave an object for each artifact and none besides."""

    def is_exact() -> bool:
        site.collect()
        site.sweep()
        with site.app.app_context(), reading() as session:
            pending = session.execute(select(func.count()).select_from(PendingDeletion)).scalar_one()
            artifacts = session.execute(select(func.count()).select_from(Artifact)).scalar_one()
        return pending == 0 and len(site.keys()) == artifacts

    return eventually(is_exact, 20) and site.keys() == site.artifact_keys()
