"""Whatever arrives, in a body, a header or a name: an answer that the contract has, soon, in little memory.

`make fuzz` tries more of everything: HOSTILE_INPUTS.
"""

import gzip
import io
import os
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from tests.support.registry import Workshop
from tests.support.shared_app import once
from tests.unit.formats import samples
from wxcloudrun.formats.detect import declared_version

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "40"))
PROCESSOR_SECONDS = 5.0  # reading has 2 seconds of its own; the rest is for a slow machine
MEMORY_BYTES = 96 * 1024 * 1024
hostile = settings(
    max_examples=INPUTS,
    deadline=None,
    database=None,
    derandomize=INPUTS == 40,
    suppress_health_check=list(HealthCheck),
)

BOUNDARY = b"----boundary"
FORM = (
    b'------boundary\r\nContent-Disposition: form-data; name="tag"\r\n\r\nstable\r\n'
    b'------boundary\r\nContent-Disposition: form-data; name="file"; filename="a-1.0.0.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nsome bytes\r\n------boundary--\r\n"
)
PIECES = (
    b"\r\n",
    b"--",
    b"------boundary",
    b"\0",
    b'"',
    b";",
    b"filename*=UTF-8''%FF",
    b"\xff\xfe",
    b":" * 9000,
)
TEXTS = st.one_of(st.text(max_size=300), st.text(alphabet="versiontag:^~<>=*.,0123456789/%+ -", max_size=80))
RANGES = st.one_of(
    st.text(alphabet="bytes=0123456789-, \t", max_size=40),
    st.builds("bytes={}-{}".format, st.integers(-2, 2**70), st.one_of(st.just(""), st.integers(-2, 2**70))),
)


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return bytes after some cuts, flips and insertions."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["cut", "flip", "insert", "repeat", "blow up"])):
            case "cut":
                del data[place : place + draw(st.integers(1, 64))]
            case "flip":
                data[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                data[place:place] = draw(st.sampled_from(PIECES) | st.binary(max_size=16))
            case "repeat":
                data[place:place] = data[max(0, place - 32) : place] * draw(st.integers(1, 20))
            case _:
                data[place : place + 4] = b"\xff\xff\xff\x7f"  # a length, if it was one
    return bytes(data)


@pytest.fixture(autouse=True)
def shop_with_a_file(app: Flask, shop: Workshop) -> None:
    """Something that references may lead to."""
    once(app, "file to find", lambda: shop.upload(b"0123456789", tag="stable", version="1.0.0").ok())


class TestRequests:
    @hostile
    @given(body=mutated(FORM), boundary=st.just(BOUNDARY.decode()) | st.text(max_size=80))
    def test_a_damaged_form_is_taken_or_refused(self, shop: Workshop, body: bytes, boundary: str) -> None:
        media = f"multipart/form-data; boundary={quote(boundary, safe='-')}"

        answer = shop.writer.post(shop.url("/upload"), data=body, headers={"Content-Type": media})

        assert answer.status in {200, 400, 409, 422}

    @hostile
    @given(asked=RANGES)
    def test_any_range_is_a_part_the_whole_or_nothing(self, shop: Workshop, asked: str) -> None:
        answer = shop.download("stable", headers={"Range": asked})

        assert answer.status in {200, 206, 416}
        if answer.status < 400:
            assert len(answer.body) == int(answer.headers["Content-Length"])
            assert answer.body in b"0123456789"

    @hostile
    @given(ref=TEXTS)
    def test_any_reference_leads_somewhere_or_nowhere(self, shop: Workshop, ref: str) -> None:
        assert shop.download(quote(ref, safe=":")).status in {200, 404}
        assert shop.reader.get(shop.url("/resolve"), query={"ref": ref}).status in {200, 404, 422}

    @hostile
    @given(name=st.text(max_size=90))
    def test_any_file_name_comes_back_whole_or_is_refused(self, shop: Workshop, name: str) -> None:
        answer = shop.writer.put(
            shop.url(f"/upload/{quote(name, safe='')}"), b"named " + name.encode(), query={"tag": "named"}
        )

        assert answer.status in {200, 404, 422}
        if answer.status == 200:
            header = shop.download("tag:named").headers["Content-Disposition"]
            assert parse_options_header(header)[1]["filename"] == answer.data["original_name"]
            assert answer.data["original_name"] == name


class TestPackages:
    @pytest.mark.parametrize("name", sorted(samples.VALID))
    @hostile
    @given(data=st.data())
    def test_a_damaged_package_is_read_soon_and_in_little_memory(
        self, name: str, data: st.DataObject
    ) -> None:
        assert_bounded(name, data.draw(mutated(samples.VALID[name])))

    @pytest.mark.parametrize("name", ["demo.tar.gz", "npm.tgz", "chart.tgz"])
    @hostile
    @given(data=st.data())
    def test_what_is_damaged_inside_its_compression_too(self, name: str, data: st.DataObject) -> None:
        inner = zlib.decompress(samples.VALID[name], wbits=31)

        assert_bounded(name, gzip.compress(data.draw(mutated(inner)), 1, mtime=0))

    @pytest.mark.parametrize(
        ("name", "inside"), [("bomb.whl", "d-1.dist-info/METADATA"), ("bomb.zip", "d/PKG-INFO")]
    )
    def test_a_bomb_is_not_unpacked(self, name: str, inside: str) -> None:
        target = io.BytesIO()
        with (
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(inside, "w") as entry,
        ):
            for block in bomb():
                entry.write(block)

        assert_bounded(name, target.getvalue())


def bomb() -> Iterator[bytes]:
    """Yield 256 MiB of nothing."""
    return (bytes(1024 * 1024) for _ in range(256))


def assert_bounded(name: str, data: bytes) -> None:
    """Read the version of a package and look at what that took."""
    tracemalloc.start()
    began = time.thread_time()
    try:
        version = declared_version(name, io.BytesIO(data), len(data))
        took, (_, peak) = time.thread_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert version is None or len(version) <= 128
    assert took < PROCESSOR_SECONDS
    assert peak < MEMORY_BYTES
