"""The service over an S3 server that says what is not so: 503, and no row and no answer that believes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest
from flask import Flask

from tests.support.apps import build_app, let_go
from tests.support.builders import content
from tests.support.client import Answer
from tests.support.forms import file, post_form
from tests.support.inside import Inside
from tests.support.quick_schema import sqlite_of
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from tests.support.s3_misbehaviour import (
    AnotherRange,
    BlanksBeforeXml,
    IgnoresRange,
    Lost,
    SaysErrorWith200,
    SendsPage,
    WithoutHeader,
)
from tests.support.s3_stub import BUCKET, Misbehaviour, S3Stub
from tests.support.shared_app import SharedApp
from tests.unit.formats.samples import zipped
from tests.unit.uploads.conftest import TABLES
from wxcloudrun.kit.db import db

pytestmark = pytest.mark.local_store  # the false one takes the place of the real one

DATA = content(50_000)
PART_BYTES = 1024 * 1024
LARGE = content(2 * PART_BYTES + 1000)
MANIFEST = b"Manifest-Version: 1.0\r\nImplementation-Version: 2.1.0\r\n\r\n"
Logged = pytest.LogCaptureFixture


@dataclass(frozen=True, slots=True)
class FalseContents:
    """A database in memory and what lies in a false server."""

    app: Flask
    stub: S3Stub

    def image(self) -> tuple[bytes, dict[str, bytes]]:
        """Return a copy of what is there."""
        objects = {path: file.read_bytes() for path, file in self.stub.objects.items()}
        with self.app.app_context(), sqlite_of(db.engine) as database:
            return database.serialize(), objects

    def put_back(self, image: tuple[bytes, dict[str, bytes]]) -> None:
        """Let that be there and nothing else, in a server that is good."""
        with self.app.app_context(), sqlite_of(db.engine) as database:
            database.deserialize(image[0])
        self.stub.behave()
        self.stub.uploads.clear()
        self.stub.objects.clear()
        for path, data in image[1].items():
            self.stub.objects[path] = self.stub.new_file()
            self.stub.objects[path].write_bytes(data)

    def writes(self) -> int:
        """Return how many rows were ever written."""
        with self.app.app_context(), sqlite_of(db.engine) as database:
            return database.total_changes


def build_service(stub: S3Stub, data_dir: Path, **changes: str) -> Flask:
    """Build the service on such a server."""
    return build_app(
        data_dir,
        BLOB_STORE="minio",
        MINIO_ENDPOINT=stub.endpoint,
        MINIO_ACCESS_KEY="access",
        MINIO_SECRET_KEY="secret",
        MINIO_BUCKET=BUCKET,
        MINIO_SECURE="false",
        MAX_UPLOAD_BYTES=str(1024**3),  # a part is no smaller than what so many of them must hold
        **changes,
    )


@pytest.fixture(scope="module")
def stub(quick_directory: Path) -> Iterator[S3Stub]:
    """A server that is good until it is told otherwise."""
    root = Path(mkdtemp(dir=quick_directory))  # one worker may begin a module twice
    with S3Stub(root).running() as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr("wxcloudrun.stores.blobs.minio.READ_SECONDS", 60)  # a busy machine is waited for
        patch.setattr("wxcloudrun.stores.blobs.minio.PART_BYTES", PART_BYTES)
        yield running


@pytest.fixture(scope="module")
def shared(stub: S3Stub, quick_directory: Path) -> Iterator[SharedApp]:
    """The service on it, which the tests share."""
    app = build_service(stub, Path(mkdtemp(dir=quick_directory)))
    yield SharedApp(app, FalseContents(app, stub))
    let_go([app])


@pytest.fixture
def app(shared: SharedApp) -> Flask:
    """The service with nothing in it."""
    return shared.emptied()


@pytest.fixture
def remains(app: Flask) -> Callable[[], dict[str, int]]:
    """Count everything that an upload can leave behind."""
    return lambda: remains_of(app, TABLES)


@pytest.fixture
def own_app(stub: S3Stub, tmp_path: Path) -> Iterator[Flask]:
    """A service that has complained of nothing yet."""
    stub.behave()
    stub.objects.clear()
    app = build_service(stub, tmp_path / "data", LOG_LEVEL="WARNING")
    yield app
    let_go([app])
    stub.objects.clear()  # a service that is built next would take what lies there for what always did


def raw(shop: Workshop, data: bytes) -> Answer:
    """Send bytes of a length that is known beforehand."""
    return shop.writer.put(shop.url("/upload/x.bin"), data, query={"tag": "new"})


def form(shop: Workshop, data: bytes) -> Answer:
    """Send bytes of a length that nobody knows before their end."""
    return post_form(shop.writer, shop.url("/upload"), file(data))


Send = Callable[[Workshop, bytes], Answer]
FALSE_WRITES: dict[str, tuple[str, Misbehaviour, Send, bytes]] = {
    "a small PUT that was lost": ("put", Lost(), raw, DATA),
    "a streamed PUT that was lost": ("put", Lost(), raw, LARGE),
    "a small PUT without an ETag": ("put", WithoutHeader(), raw, DATA),
    "a page instead of a PUT": ("put", SendsPage(), raw, DATA),
    "an upload in parts that was lost": ("complete", Lost(), form, LARGE),
    "an upload in parts that ends with 200 and an error": ("complete", SaysErrorWith200(), form, LARGE),
    "an upload in parts that ends with a page": ("complete", SendsPage(), form, LARGE),
    "an upload in parts that ends with blanks": ("complete", BlanksBeforeXml(), form, LARGE),
    "a part without an ETag": ("part", WithoutHeader(), form, LARGE),
    "a page instead of a size": ("head", SendsPage(), raw, DATA),
}


@pytest.mark.parametrize("name", FALSE_WRITES)
class TestWrites:
    def test_given_a_new_upload_then_503_and_nothing_remains_that_a_row_names(
        self, shop: Workshop, stub: S3Stub, remains: Callable[[], dict[str, int]], name: str
    ) -> None:
        operation, misbehaviour, send, data = FALSE_WRITES[name]
        stub.misbehave(operation, misbehaviour)

        answer = send(shop, data)

        assert (answer.status, answer.reason) == (503, "store_unavailable")
        stub.behave()
        found = remains()
        assert (found["artifacts"], found["uploads"], found["leases"]) == (0, 0, 0)
        assert send(shop, data).ok().data["size"] == len(data)

    def test_given_a_damaged_object_then_the_upload_does_not_heal_it_with_nothing(
        self, shop: Workshop, stub: S3Stub, name: str
    ) -> None:
        operation, misbehaviour, send, data = FALSE_WRITES[name]
        shop.upload(data, tag="stable", version="1.0.0").ok()
        stub.objects.clear()
        stub.misbehave(operation, misbehaviour)

        answer = send(shop, data)

        assert (answer.status, answer.reason) == (503, "store_unavailable")
        stub.behave()
        assert shop.download("stable").reason == "object_damaged"
        assert send(shop, data).ok().data["deduplicated"] is True
        assert shop.download("version:1.0.0").body == data


RANGES: dict[str, Misbehaviour] = {
    "the whole": IgnoresRange(),
    "further on": AnotherRange(1),
    "from before": AnotherRange(-1),
    "a page": SendsPage(),
    "nobody knows which": WithoutHeader("Content-Range"),
}


@pytest.mark.parametrize("name", RANGES)
class TestReads:
    @pytest.mark.parametrize("wanted", ["bytes=10-19", "bytes=-5", "bytes=10-"])
    def test_given_other_bytes_than_the_range_that_was_asked_for_then_503_and_not_206(
        self, shop: Workshop, stub: S3Stub, name: str, wanted: str
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        stub.misbehave("get", RANGES[name])

        answer = shop.download("stable", headers={"Range": wanted})

        assert (answer.status, answer.reason) == (503, "store_unavailable")
        stub.behave()
        assert shop.download("stable", headers={"Range": "bytes=10-19"}).body == DATA[10:20]

    def test_given_the_whole_then_503_unless_the_store_sends_the_whole(
        self, shop: Workshop, stub: S3Stub, name: str
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        stub.misbehave("get", RANGES[name])

        answer = shop.download("stable")

        assert (answer.status, answer.reason) == (503, "store_unavailable")

    def test_given_a_package_whose_version_is_looked_for_then_503_and_not_an_upload_without_version(
        self, shop: Workshop, stub: S3Stub, remains: Callable[[], dict[str, int]], name: str
    ) -> None:
        jar = zipped({"META-INF/MANIFEST.MF": MANIFEST, "x": content(400_000)})
        stub.misbehave("get", RANGES[name])

        answer = shop.upload(jar, "app.jar")

        assert (answer.status, answer.reason) == (503, "store_unavailable")
        assert remains()["uploads"] == 0
        stub.behave()
        assert shop.upload(jar, "app.jar").ok().data["version"] == "2.1.0"


def test_given_an_object_that_has_grown_then_it_is_damaged_and_no_part_of_it_is_served(
    shop: Workshop, stub: S3Stub
) -> None:
    shop.upload(DATA, tag="stable").ok()
    (path,) = stub.objects
    stub.objects[path].write_bytes(DATA + b"x")

    for headers in ({}, {"Range": "bytes=0-9"}):
        assert shop.download("stable", headers=headers).reason == "object_damaged"


@pytest.mark.one_process
@pytest.mark.parametrize(
    ("operation", "misbehaviour"),
    [("put", SendsPage()), ("head", SendsPage()), ("complete", BlanksBeforeXml()), ("create", SendsPage())],
)
def test_given_an_answer_that_cannot_be_read_then_503_and_one_line_in_the_log(
    own_app: Flask, stub: S3Stub, caplog: Logged, operation: str, misbehaviour: Misbehaviour
) -> None:
    shop = Inside(own_app).workshop()
    stub.misbehave(operation, misbehaviour)
    send, data = (form, LARGE) if operation in {"complete", "create"} else (raw, DATA)

    with caplog.at_level("WARNING"):
        answer = send(shop, data)

    assert answer.status == 503
    assert answer.headers["Retry-After"].isdigit()
    lines = [record.message for record in caplog.records]
    assert lines.count("store_answer_unreadable") == 1
    assert "unhandled_error" not in lines


@pytest.mark.one_process
def test_given_a_repair_when_a_copy_answers_an_error_then_no_object_is_removed(
    app: Flask, shop: Workshop, stub: S3Stub
) -> None:
    shop.upload(DATA, tag="stable").ok()
    (path,) = stub.objects
    stub.objects[path].write_bytes(DATA[:-1])
    stub.misbehave("copy", SaysErrorWith200())

    result = app.test_cli_runner().invoke(args=["fsck", "--repair", "--json"])

    assert result.exit_code == 2, "the store failed"
    assert list(stub.objects) == [path]
