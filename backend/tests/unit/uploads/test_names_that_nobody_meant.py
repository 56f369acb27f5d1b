"""`undefined` and `null`: what a program sends that had no name to send."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.forms import field, file, post_form
from tests.support.registry import Workshop
from tests.unit.formats.samples import npm
from tests.unit.tus.conftest import Tus, metadata
from wxcloudrun.kit.db import transaction
from wxcloudrun.tags.models import Tag
from wxcloudrun.versions.models import Version

UNSAID = ("undefined", "null")


def raw(shop: Workshop, name: str, value: str) -> Answer:
    """Send a raw body."""
    return shop.upload(b"bytes", "file.bin", **{name: value})


def form(shop: Workshop, name: str, value: str) -> Answer:
    """Send a form, as `wx.uploadFile` does with `formData`."""
    return post_form(shop.writer, shop.url("/upload"), file(b"bytes"), field(name, value))


def by_checksum(shop: Workshop, name: str, value: str) -> Answer:
    """Name bytes that are there."""
    shop.upload(b"bytes", "earlier.bin").ok()
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(b"bytes")}
    return shop.writer.put(shop.url("/upload/file.bin"), b"", query={name: value}, headers=headers)


@pytest.mark.same_everywhere
@pytest.mark.parametrize("value", UNSAID)
@pytest.mark.parametrize("name", ["tag", "version"])
@pytest.mark.parametrize("send", [raw, form, by_checksum])
def test_given_an_upload_that_names_nothing_then_422_says_so_and_nothing_is_made(
    shop: Workshop, send: object, name: str, value: str
) -> None:
    answer: Answer = send(shop, name, value)  # type: ignore[operator]  # one of the three above

    assert (answer.status, answer.reason) == (422, "invalid")
    (error,) = answer.data["errors"]
    assert error["field"] == name
    assert "leave the field out" in error["message"]
    assert value in error["message"]
    assert shop.reader.get(shop.url("/tags")).items == []
    assert shop.reader.get(shop.url("/versions")).items == []
    assert "file.bin" not in {each["original_name"] for each in shop.reader.get(shop.url("/uploads")).items}


def url(shop: Workshop, value: str) -> Answer:
    """Name the file in the URL."""
    return shop.upload(b"bytes", value)


def part(shop: Workshop, value: str) -> Answer:
    """Name the file in its part of a form."""
    return post_form(shop.writer, shop.url("/upload"), file(b"bytes", value))


def path(shop: Workshop, value: str) -> Answer:
    """Name the file in a field of a form."""
    return post_form(shop.writer, shop.url("/upload"), field("path", value), file(b"bytes"))


def session(shop: Workshop, value: str) -> Answer:
    """Name the file of an upload in parts."""
    return shop.writer.post(shop.url("/uploads/sessions"), {"filename": value, "size": 5})


def of_tus(shop: Workshop, value: str) -> Answer:
    """Name the file as a tus client does, of a stream for instance."""
    return Tus(shop.writer, f"/tus/{shop.project}/{shop.package}").post(
        {"Upload-Length": "5"}, metadata(filename=value), data=b"bytes"
    )


@pytest.mark.same_everywhere
@pytest.mark.parametrize("value", UNSAID)
@pytest.mark.parametrize("send", [url, part, path, session, of_tus])
def test_given_a_file_that_is_called_so_then_422_and_nothing_is_made(
    shop: Workshop, send: Callable[[Workshop, str], Answer], value: str
) -> None:
    answer = send(shop, value)

    assert answer.status == 422
    assert "is what a program writes for a missing value" in (answer.msg or answer.body.decode())
    assert shop.reader.get(shop.url("/uploads")).items == []
    assert shop.writer.get(shop.url("/uploads/sessions")).items == []


@pytest.mark.same_everywhere
def test_given_a_tree_with_such_a_file_then_it_is_taken(shop: Workshop) -> None:
    package = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    shop.owner.request("PATCH", package, json={"layout": "files"}).ok()

    answer = shop.upload(b"bytes", "lib/null", version="1.0.0").ok()

    assert answer.data["original_name"] == "lib/null"
    assert shop.upload(b"others", "null.bin", version="1.0.0").ok().data["original_name"] == "null.bin"


@pytest.mark.same_everywhere
@pytest.mark.parametrize("value", UNSAID)
def test_given_a_tag_to_be_pointed_then_such_a_name_is_422(shop: Workshop, value: str) -> None:
    shop.upload(b"bytes", version="1.0.0").ok()

    answer = shop.writer.put(shop.url(f"/tags/{value}"), json={"version": "1.0.0"})

    assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")
    assert shop.reader.get(shop.url(f"/tags/{value}")).status == 404


@pytest.mark.same_everywhere
@pytest.mark.parametrize("value", UNSAID)
def test_given_metadata_that_names_nothing_then_the_file_name_speaks(shop: Workshop, value: str) -> None:
    answer = shop.upload(npm(version=value), "demo-4.5.6.tgz").ok()

    assert (answer.data["version"], answer.data["version_source"]) == ("4.5.6", "filename")


@pytest.mark.same_everywhere
@pytest.mark.parametrize("name", ["Null", "undefined1", "null-1", "nullable", "un-defined"])
def test_given_a_name_that_only_looks_like_it_then_it_is_taken(shop: Workshop, name: str) -> None:
    answer = shop.upload(b"bytes", tag=name, version=name).ok()

    assert (answer.data["tag"], answer.data["version"]) == (name, name)


@pytest.mark.parametrize("value", UNSAID)
def test_given_such_a_name_from_earlier_times_then_it_can_be_read_and_deleted(
    app: Flask, shop: Workshop, value: str
) -> None:
    shop.upload(b"bytes", tag="t", version="1.0.0").ok()
    with app.app_context(), transaction() as tx:
        tx.session.execute(update(Tag).values(name=value))
        tx.session.execute(update(Version).values(version=value))

    assert shop.download(f"tag:{value}").body == b"bytes"
    assert shop.download(f"version:{value}").body == b"bytes"
    assert len(shop.reader.get("/api/v1/search", query={"tag": value, "version": value}).items) == 1
    assert shop.maintainer.delete(shop.url(f"/tags/{value}")).status == 204
    assert shop.maintainer.delete(shop.url(f"/versions/{value}")).status == 204
