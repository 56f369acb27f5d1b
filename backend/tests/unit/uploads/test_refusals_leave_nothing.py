"""After a refusal there is no row, no lease and no object, finished or not, that was not there before."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.builders import content
from tests.support.client import Answer
from tests.support.forms import Part, encoded, field, file, post_body, post_form
from tests.support.registry import Workshop

LIMIT_BYTES = 100_000
DATA = content(5000)
Remains = Callable[[], dict[str, int]]


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application that takes 100 000 bytes at most."""
    return app_with(MAX_UPLOAD_BYTES=str(LIMIT_BYTES))


def put(
    shop: Workshop, data: bytes = DATA, filename: str = "x.bin", who: str = "writer", **options: object
) -> Answer:
    answer: Answer = getattr(shop, who).put(shop.url(f"/upload/{quote(filename, safe='')}"), data, **options)
    return answer


def form(shop: Workshop, *parts: Part, **options: dict[str, str]) -> Answer:
    return post_form(shop.writer, shop.url("/upload"), *parts, **options)


def chunked(shop: Workshop, data: bytes) -> Answer:
    overrides = {"wsgi.input_terminated": True}
    return put(shop, data, headers={"Transfer-Encoding": "chunked"}, environ_overrides=overrides)


def cut_form(shop: Workshop) -> Answer:
    return post_body(shop.writer, shop.url("/upload"), encoded(file(DATA), field("tag", "t"))[:-40])


REFUSALS: dict[str, tuple[int, Callable[[Workshop], Answer]]] = {
    "anonymous": (401, lambda shop: put(shop, who="anonymous")),
    "stranger": (404, lambda shop: put(shop, who="stranger")),
    "reader": (403, lambda shop: put(shop, who="reader")),
    "no such package": (404, lambda shop: shop.writer.put(shop.url("/upload/x", package="absent"), DATA)),
    "no such project": (404, lambda shop: shop.writer.put("/api/v1/project/absent/p/upload/x", DATA)),
    "checksum in a wrong format": (400, lambda shop: put(shop, headers={"X-Checksum-SHA256": "nonsense"})),
    "checksum mismatch": (422, lambda shop: put(shop, headers={"X-Checksum-MD5": "0" * 32})),
    "checksum mismatch in a form": (
        422,
        lambda shop: form(shop, file(DATA), headers={"X-Checksum-SHA1": "0" * 40}),
    ),
    "empty body": (422, lambda shop: put(shop, b"")),
    "empty body in chunks": (422, lambda shop: chunked(shop, b"")),
    "empty file": (422, lambda shop: form(shop, file(b""))),
    "no file": (422, lambda shop: form(shop, field("tag", "t"))),
    "two files": (422, lambda shop: form(shop, file(DATA), file(b"second"))),
    "unknown field behind the file": (422, lambda shop: form(shop, file(DATA), field("colour", "blue"))),
    "bad tag behind the file": (422, lambda shop: form(shop, file(DATA), field("tag", "../up"))),
    "bad version behind the file": (422, lambda shop: form(shop, file(DATA), field("version", "1 0"))),
    "form that is cut": (400, cut_form),
    "body that is cut": (400, lambda shop: put(shop, environ_overrides={"CONTENT_LENGTH": "9999"})),
    "file name in the URL": (422, lambda shop: put(shop, filename="../x")),
    "file name in the form": (422, lambda shop: form(shop, file(DATA, "../x"))),
    "bad tag": (422, lambda shop: put(shop, query={"tag": "active"})),
    "unknown parameter": (422, lambda shop: put(shop, query={"colour": "blue"})),
    "version taken": (409, lambda shop: put(shop, query={"version": "1.0.0", "tag": "new"})),
    "key reused": (422, lambda shop: put(shop, headers={"Idempotency-Key": "used"})),
    "announced too large": (413, lambda shop: put(shop, content(LIMIT_BYTES + 1))),
    "too large in chunks": (413, lambda shop: chunked(shop, content(LIMIT_BYTES + 1))),
    "too large in a form": (413, lambda shop: form(shop, file(content(LIMIT_BYTES + 1)))),
    "far too large in a form": (413, lambda shop: form(shop, file(content(LIMIT_BYTES * 3)))),
    "another content type": (415, lambda shop: shop.writer.post(shop.url("/upload"), {"file": "x"})),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_given_a_refused_upload_then_nothing_remains_of_it(
    shop: Workshop, remains: Remains, name: str
) -> None:
    put(shop, b"the first", query={"version": "1.0.0"}, headers={"Idempotency-Key": "used"}).ok()
    before = remains()
    status, send = REFUSALS[name]

    assert send(shop).status == status

    assert remains() == before
    assert shop.reader.get(shop.url("/tags")).items == []


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["plain", "under a key"])
def test_given_the_same_upload_twice_then_one_object_and_no_lease_remain(
    shop: Workshop, remains: Remains, headers: dict[str, str]
) -> None:
    for _ in range(2):
        put(shop, query={"tag": "t"}, headers=headers).ok()

    found = remains()
    assert (found["artifacts"], found["objects"], found["leases"]) == (1, 1, 0)


class TestLimit:
    def test_given_exactly_the_limit_then_accepted_in_every_way(self, shop: Workshop) -> None:
        data = content(LIMIT_BYTES)

        assert put(shop, data).ok().data["size"] == LIMIT_BYTES
        assert chunked(shop, data).ok().data["size"] == LIMIT_BYTES
        assert form(shop, file(data)).ok().data["size"] == LIMIT_BYTES

    @pytest.mark.parametrize("send", [put, chunked], ids=["announced", "not announced"])
    def test_given_one_byte_more_then_413_names_the_limit(
        self, shop: Workshop, send: Callable[[Workshop, bytes], Answer]
    ) -> None:
        answer = send(shop, content(LIMIT_BYTES + 1))

        assert (answer.status, answer.reason, answer.data["limit"]) == (413, "too_large", LIMIT_BYTES)

    def test_given_an_announcement_that_is_too_large_then_no_byte_is_read(self, shop: Workshop) -> None:
        answer = put(shop, b"", environ_overrides={"CONTENT_LENGTH": str(10**18)})

        assert (answer.status, answer.data["limit"]) == (413, LIMIT_BYTES)
