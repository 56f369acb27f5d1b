"""Bytes in a project that one cannot read are not told apart from bytes that exist nowhere.

The same story is told twice, once with bytes that another project holds and once with others of the same
size. What the sender gets, and what the store is asked in between, differs in what is of the bytes alone.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.apps import AppWith
from tests.support.builders import content, sha256
from tests.support.client import Answer, ApiClient
from tests.support.forms import field as form_field
from tests.support.forms import file, post_form
from tests.support.inside import Inside
from tests.support.registry import Workshop
from tests.support.remains import remove_what_may_go
from tests.unit.tus.conftest import Tus, metadata
from wxcloudrun.stores.blobs.metered import MeteredBlobStore

SIZE = 300_000
PART_BYTES = 256 * 1024
NUMBERED = re.compile(r"\b(project-|package-|writer)\d+\b")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
OF_THE_MOMENT = {"Date", "X-Request-ID", "Last-Modified", "Location", "Upload-Expires"}
ASKED = ("abort", "delete", "open_file", "pass_by", "read", "size_of", "write")


@dataclass
class Story:
    """What somebody is told who puts bytes into a package of their own."""

    shop: Workshop
    data: bytes = field(repr=False)
    told: list[Any] = field(default_factory=list)

    @property
    def client(self) -> ApiClient:
        """The sender, who sees this project and nothing else."""
        return self.shop.writer

    def note(self, answer: Answer) -> Answer:
        """Write an answer down without what is of the bytes themselves, and without numbers and times."""
        is_json = "json" in answer.headers.get("Content-Type", "")
        left_out = OF_THE_MOMENT | ({"Content-Length"} if is_json else set())  # numbers of rows have lengths
        headers = {name: value for name, value in answer.headers.items() if name not in left_out}
        seen = (answer.status, sorted(headers.items()), answer.data, answer.msg)
        self.told.append(self.without_own(repr(seen)))
        return answer

    def without_own(self, text: str) -> str:
        """Replace what is of these bytes and of this project."""
        for name in ("sha256", "sha1", "md5"):
            hasher = hashlib.new(name, self.data, usedforsecurity=False)
            text = text.replace(hasher.hexdigest(), f"<{name}>")
        digest = hashlib.sha256(self.data).digest()
        text = text.replace(base64_of(digest), "<base64>")
        text = TIMES.sub("<time>", NUMBERED.sub(r"\1", text))
        text = re.sub(r"/blobs/[A-Za-z0-9._-]+", "/blobs/<token>", text)
        text = re.sub(r"'(id|token)': ('[^']+'|\d+)", r"'\1': <own>", text)
        text = re.sub(r"\b[0-9a-f]{64}\b", "<of a part>", text)
        return re.sub(r"sessions/[A-Za-z0-9_-]+", "sessions/<own>", text)

    def look(self) -> None:
        """Look at the bytes in every way, behind the link too."""
        self.note(self.client.get(self.shop.url("/+/tag:t"))).ok()
        self.note(self.client.head(self.shop.url("/+/version:1.0.0"))).ok()
        self.note(self.client.get(f"/api/v1/artifact/{sha256(self.data)}")).ok()
        self.note(self.client.get(self.shop.url("/uploads"))).ok()
        link = self.note(self.client.get(self.shop.url("/+/tag:t"), query={"mode": "presigned"})).ok()
        assert link.data["url"].startswith("http://127.0.0.1:8080/api/v1/blobs/"), (
            "the store itself says when"
        )
        behind = self.note(self.client.as_(None).get(urlsplit(link.data["url"]).path)).ok()
        assert behind.body == self.data
        deposited = self.client.head(self.shop.url("/+/tag:t")).headers["Last-Modified"]
        assert behind.headers["Last-Modified"] == deposited

    def ask_before(self) -> None:
        """Ask what would become of the bytes, and try to have them without sending any."""
        file = {"filename": "a.bin", "size": SIZE, "sha256": sha256(self.data)}
        self.note(self.client.post(self.shop.url("/uploads/check"), {"files": [file]})).ok()
        by_checksum = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(self.data)}
        assert self.note(self.client.put(self.shop.url("/upload/a.bin"), headers=by_checksum)).status == 404
        assert self.note(self.client.get(f"/api/v1/artifact/{sha256(self.data)}")).status == 404

    def send(self, way: str) -> None:
        """Put the bytes in."""
        names = {"tag": "t", "version": "1.0.0"}
        if way == "raw":
            self.note(self.client.put(self.shop.url("/upload/a.bin"), self.data, query=names)).ok()
            return
        if way == "form":
            parts = (file(self.data, "a.bin"), *(form_field(*each) for each in names.items()))
            self.note(post_form(self.client, self.shop.url("/upload"), *parts)).ok()
            return
        if way == "tus":
            tus = Tus(self.client, f"/tus/{self.shop.project}/{self.shop.package}")
            said = {"Upload-Length": str(SIZE)}
            self.note(tus.post(said, metadata(filename="a.bin", **names), data=self.data)).ok()
            return
        wanted = {"filename": "a.bin", "size": SIZE, "part_bytes": PART_BYTES, **names}
        wanted["sha256"] = sha256(self.data)
        url = self.note(self.client.post(self.shop.url("/uploads/sessions"), wanted)).ok().data["url"]
        for number in (1, 2):
            part = self.data[(number - 1) * PART_BYTES : number * PART_BYTES]
            self.note(self.client.put(f"{url}/parts/{number}", part)).ok()
        self.note(self.client.post(f"{url}/complete", {})).ok()
        self.note(self.client.get(url)).ok()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the store was asked, in the order of the questions."""
    questions: list[str] = []

    def noted(name: str) -> Callable[..., Any]:
        original = getattr(MeteredBlobStore, name)

        def ask(*arguments: Any, **options: Any) -> Any:
            questions.append(name)
            return original(*arguments, **options)

        return ask

    for name in ASKED:
        monkeypatch.setattr(MeteredBlobStore, name, noted(name))
    return questions


@pytest.mark.parametrize("way", ["raw", "form", "session", "tus"])
@pytest.mark.parametrize("digests", ["inline", "deferred"])
def test_given_bytes_that_another_project_holds_then_their_sender_gets_what_the_first_one_gets(
    app_with: AppWith, asked: list[str], digests: str, way: str
) -> None:
    world = Inside(app_with(EXTRA_DIGESTS=digests))
    held, new = content(SIZE, seed=1), content(SIZE, seed=2)
    held_by = world.workshop()
    held_by.upload(held, tag="t", version="1.0.0").ok()
    world.work()

    stories = []
    for data in (held, new):
        story = Story(world.workshop(), data)
        asked.clear()
        story.ask_before()
        story.send(way)
        story.told.append(list(asked))
        story.look()
        story.told.append(world.work())
        story.look()
        stories.append(story.told)

    assert stories[0] == stories[1]
    assert "delete" not in asked
    assert remove_what_may_go(world.app) == 1
    assert len(world.object_keys()) == 2
    assert held_by.download("tag:t").body == held


def test_given_deferred_digests_then_bytes_that_wait_in_one_package_wait_in_the_next_of_the_same_sender(
    app_with: AppWith,
) -> None:
    world = Inside(app_with(EXTRA_DIGESTS="deferred"))
    data = content(SIZE)
    world.workshop().upload(data, tag="t").ok()
    world.work()
    shop = world.workshop()
    other = shop.new_package()

    first = shop.upload(data, tag="t").ok().data
    second = shop.writer.put(shop.url("/upload/b.bin", package=other), data).ok().data

    assert [(each["md5"], each["sha1"]) for each in (first, second)] == [(None, None)] * 2
    assert shop.reader.get(f"/api/v1/artifact/{sha256(data)}").ok().data["md5"] is None
    assert world.work() == 1
    assert shop.reader.get(f"/api/v1/artifact/{sha256(data)}").ok().data["md5"] is not None
    assert "X-Checksum-MD5" in shop.reader.head(shop.url("/+/" + sha256(data), package=other)).headers


def test_given_deferred_digests_when_somebody_else_sends_the_bytes_then_what_is_shown_stays_as_it_is(
    app_with: AppWith,
) -> None:
    world = Inside(app_with(EXTRA_DIGESTS="deferred"))
    data = content(SIZE)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    told, waiting = world.workshop(), world.workshop()
    told.upload(data, tag="t").ok()
    world.work()
    waiting.upload(data, tag="t").ok()

    other = world.workshop()
    answer = other.writer.put(other.url("/upload/a.bin"), data, headers={"X-Checksum-MD5": md5}).ok()

    assert (answer.data["md5"], answer.data["sha1"]) == (md5, None)
    assert told.download("tag:t").headers["X-Checksum-MD5"] == md5
    assert "X-Checksum-MD5" not in waiting.download("tag:t").headers


def base64_of(digest: bytes) -> str:
    """Write a digest as headers do."""
    return base64.b64encode(digest).decode()
