"""Large files up and down, one stream and eight; the amount is megabytes."""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import limits
from benchmarks.contenders.contender import Contender, Request
from benchmarks.field import Field
from benchmarks.files import SampleFile
from benchmarks.load import curl
from benchmarks.rounds import Case, Work

STREAMS = 8
MEGABYTE = 1_000_000
UNIT = "MB/s"
WORTH_CLEARING_BYTES = 32 * 1024 * 1024


def works(field: Field, size_bytes: int) -> Iterator[Work]:
    """Make every work on large files. Disk space is freed after each."""
    transfers = Transfers(field, size_bytes)
    kinds = [
        ("large up, raw PUT", transfers.up),
        ("large up, raw PUT, 8 streams", transfers.up_in_eight),
        ("large up, multipart form", transfers.form_up),
        ("large down", transfers.down),
        ("large down, 8 streams", transfers.down_in_eight),
    ]
    for name in field.stores:
        kinds.append((f"large up to {name}", partial(transfers.store_up, name)))
        kinds.append((f"large down from {name}", partial(transfers.store_down, name)))
    for name, cases in kinds:
        yield Work(name, UNIT, cases, field.clear if size_bytes >= WORTH_CLEARING_BYTES else lambda: None)


class Transfers:
    """Makes the cases for one size."""

    def __init__(self, field: Field, size_bytes: int) -> None:
        self._field = field
        self._size_bytes = size_bytes
        self._amount = size_bytes / MEGABYTE

    def up(self) -> list[Case]:
        """One raw body; beside it what the machine can do at all."""
        field, path = self._field, self._field.samples.fresh(self._size_bytes).path
        cases = [self._put(field.service, field.service.put), self._put(field.deferred, field.deferred.put)]
        if field.docker is not None:
            cases.append(self._put(field.docker, field.docker.put))
        cases += [
            self._limit("SHA-256 on one core", lambda: limits.hash_once(path, "sha256")),
            self._limit("three digests on one core", lambda: limits.hash_once(path, "sha256", "sha1", "md5")),
            self._limit("write and fsync", lambda: limits.write_durably(path, field.folder / "limit")),
        ]
        return cases

    def up_in_eight(self) -> list[Case]:
        """The same amount in eight files at the same time."""
        field = self._field
        cases = [self._put_eight(each) for each in (field.service, field.deferred)]
        if field.docker is not None:
            cases.append(self._put_eight(field.docker))
        return cases

    def form_up(self) -> list[Case]:
        """One multipart form; docker-registry gets a raw body, for it takes nothing else."""
        field = self._field
        cases = [self._put(field.service, field.service.put_form)]
        if field.docker is not None:
            cases.append(self._put(field.docker, field.docker.put))
        if field.pypi is not None:
            cases.append(self._put(field.pypi, field.pypi.put))
        return cases

    def down(self) -> list[Case]:
        """One stream from each; beside it the loopback."""
        sample = self._everywhere(0, self._size_bytes)
        cases = [self._get(server, [request]) for server, request in self._readers([sample]).values()]
        cases.append(
            self._limit("loopback copy", lambda: limits.copy_through_loopback(sample.path)),
        )
        return cases

    def down_in_eight(self) -> list[Case]:
        """Eight streams of an eighth each."""
        samples = [self._everywhere(lane + 1, self._size_bytes // STREAMS) for lane in range(STREAMS)]
        readers = [self._readers([sample]) for sample in samples]
        return [
            self._get(server, [each[name][1] for each in readers]) for name, (server, _) in readers[0].items()
        ]

    def store_up(self, name: str) -> list[Case]:
        """To S3: through the service, by the SDK in parts, by curl in one."""
        store, mine = self._field.stores[name]
        return [
            self._put(mine, mine.put),
            self._seconds(f"{name}, SDK", store.sdk_put),
            *([] if self._field.is_quick else [self._seconds(f"{name}, curl", store.curl_put)]),
        ]

    def store_down(self, name: str) -> list[Case]:
        """From S3: through the service, by the SDK, by curl."""
        store, mine = self._field.stores[name]
        sample = self._field.samples.fresh(self._size_bytes)
        mine.put(sample)
        store.sdk_put(sample)
        return [
            self._get(mine, [mine.get(sample)]),
            self._seconds(f"{name}, SDK", store.sdk_get, sample),
            *(
                []
                if self._field.is_quick
                else [self._limit(f"{name}, curl", lambda: curl.get([store.get(sample)]))]
            ),
        ]

    def _put(self, server: Contender, put: Callable[[SampleFile], None]) -> Case:
        box: list[SampleFile] = []

        def prepare() -> None:
            self._field.deferred.settle()
            box[:] = [self._field.samples.fresh(self._size_bytes)]

        return Case(server.name, lambda: put(box[0]), self._amount, server, prepare)

    def _put_eight(self, server: Contender) -> Case:
        samples: list[SampleFile] = []
        requests: list[Request] = []

        def prepare() -> None:
            self._field.deferred.settle()
            part = self._size_bytes // STREAMS
            samples[:] = [self._field.samples.fresh(part, lane + 1) for lane in range(STREAMS)]
            requests[:] = [self._place(server, sample) for sample in samples]

        def run() -> None:
            started = [curl.start_put(each.path, to) for each, to in zip(samples, requests, strict=True)]
            for process in started:
                curl.finish(process, 200 if server is not self._field.docker else 201)

        return Case(server.name, run, self._amount, server, prepare)

    def _place(self, server: Contender, sample: SampleFile) -> Request:
        docker = self._field.docker
        if docker is not None and server is docker:
            return Request(f"{docker.begin()}&digest=sha256:{sample.sha256}")
        mine = self._field.service if server is self._field.service else self._field.deferred
        return mine.request(f"/upload/{sample.path.name}?version={sample.name}")

    def _get(self, server: Contender, requests: list[Request]) -> Case:
        return Case(server.name, lambda: curl.get(requests), self._amount, server)

    def _limit(self, name: str, run: Callable[[], None]) -> Case:
        return Case(name, run, self._amount)

    def _seconds(
        self, name: str, run: Callable[[SampleFile], float | None], sample: SampleFile | None = None
    ) -> Case:
        """A case whose client says itself how long it took, so that its own start does not count."""
        box: list[SampleFile] = []

        def prepare() -> None:
            box[:] = [sample or self._field.samples.fresh(self._size_bytes)]

        def reached() -> float | None:
            seconds = run(box[0])
            return None if seconds is None else self._amount / seconds

        return Case(name, reached, self._amount, None, prepare)

    def _everywhere(self, lane: int, size_bytes: int) -> SampleFile:
        """Put the same file into every contender that can serve it."""
        field, sample = self._field, self._field.samples.fresh(size_bytes, lane)
        field.service.put(sample)
        for peer in (field.docker, field.pypi):
            if peer is not None:
                peer.put(sample)
        return sample

    def _readers(self, samples: list[SampleFile]) -> dict[str, tuple[Contender, Request]]:
        field, sample = self._field, samples[0]
        readers: dict[str, tuple[Contender, Request]] = {
            field.service.name: (field.service, field.service.get(sample))
        }
        for peer in (field.docker, field.nginx, field.pypi):
            if peer is not None:
                readers[peer.name] = (peer, peer.get(sample))
        return readers
