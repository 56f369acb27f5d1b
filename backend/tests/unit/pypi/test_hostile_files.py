"""Files that are made to be read in two ways, or to keep the service busy; and names in other spellings."""

import io
import struct
import time
import warnings
import zipfile

import pytest
from flask import Flask

from tests.support.forms import Part
from tests.support.python_index import PythonDistribution, PythonIndex, core_metadata, sdist_of, wheel_of
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from tests.unit.formats.samples import zipped
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.formats.bounded import TookTooLong
from wxcloudrun.formats.core_metadata import read_core_metadata, wanted_fields
from wxcloudrun.formats.distributions import is_other_spelling, parse_file_name
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import VersionFile
from wxcloudrun.versions.service import distributions

WHEEL = wheel_of(requires_python=">=3.8")
INFO = "hello_h7-1.0.dist-info"
OURS, THEIRS = core_metadata("Hello_H7", "1.0"), core_metadata("evil", "6.6")
EVIL = zipped({"evil-6.6.dist-info/METADATA": THEIRS})
SECONDS = 2.0  # of the processor; what is refused here took minutes


def commented(data: bytes, comment: bytes) -> bytes:
    """Return a zip with a comment at its end."""
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def with_hole(hidden: bytes) -> bytes:
    """Return a wheel between whose entries something stands that its directory does not know."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("hello_h7/__init__.py", b"")
        target.seek(0, io.SEEK_END)
        target.write(hidden)
        archive.start_dir = target.tell()
        archive.writestr(f"{INFO}/METADATA", OURS)
    return target.getvalue()


def twice(name: str, *contents: bytes) -> bytes:
    """Return a zip with several entries of one name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of which zipfile warns
        for content in contents:
            archive.writestr(name, content)
    return target.getvalue()


AMBIGUOUS = {
    "bytes behind its end": lambda: WHEEL.data + b"x",
    "bytes before it": lambda: b"#!/bin/sh\n" + WHEEL.data,
    "a zip before it": lambda: EVIL + WHEEL.data,
    "a zip behind it": lambda: WHEEL.data + EVIL,
    "a zip between its entries": lambda: with_hole(zipped({"evil": bytes(2000)}, zipfile.ZIP_STORED)),
    "another end in its comment": lambda: commented(WHEEL.data, EVIL[-22:-2] + b"\x01\x00"),
    "metadata twice": lambda: twice(f"{INFO}/METADATA", OURS, THEIRS),
    "a module twice": lambda: twice("hello.py", b"1", b"2"),
    "two folders of metadata": lambda: zipped(
        {f"{INFO}/METADATA": OURS, "evil-6.6.dist-info/METADATA": THEIRS}
    ),
    "another project's folder": lambda: zipped({"evil-6.6.dist-info/METADATA": OURS}),
    "another project's metadata": lambda: zipped({f"{INFO}/METADATA": THEIRS}),
    "two names": lambda: zipped({f"{INFO}/METADATA": OURS.replace(b"Name:", b"Name: evil\nName:")}),
    "metadata of a gigabyte": lambda: zipped({f"{INFO}/METADATA": OURS + bytes(2 * 1024 * 1024)}),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_given_a_wheel_that_can_be_read_in_two_ways_then_422_and_nothing_stays(
    app: Flask, index: PythonIndex, name: str
) -> None:
    remains = remains_of(app, (Artifact, Lease, Upload, VersionFile))

    answer = index.publish(PythonDistribution(WHEEL.filename, AMBIGUOUS[name](), WHEEL.fields))

    assert (answer.status, answer.reason) == (422, "invalid")
    assert remains_of(app, (Artifact, Lease, Upload, VersionFile)) == remains


@pytest.mark.parametrize("data", [commented(WHEEL.data, b"built"), with_hole(bytes(16))])
def test_given_a_comment_or_what_stands_behind_a_streamed_entry_then_it_is_taken(
    index: PythonIndex, data: bytes
) -> None:
    index.publish(PythonDistribution(WHEEL.filename, data, WHEEL.fields)).ok()


TIRING = {
    "thousands of names": b"".join(b"X%06d:\n" % number for number in range(100_000)),
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) for number in range(900)
    ),
    "thousands of parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
    "one name again and again": b"Requires-Dist: \xc3\xa9\n" * 40_000,
    "folded for ever": b"Summary: x\n" + b" y\n" * 200_000,
}


@pytest.mark.parametrize("name", TIRING)
def test_given_metadata_made_to_keep_a_parser_busy_then_they_are_read_soon(name: str) -> None:
    begun = time.process_time()

    core = read_core_metadata(b"Name: a\nVersion: 1\n" + TIRING[name])

    assert (core.name, core.version) == ("a", "1")
    assert time.process_time() - begun < SECONDS


def test_given_fields_that_nobody_reads_then_they_alone_are_left_out() -> None:
    text = b"Name: a\r\nX-Other: 1\r\n more\r\nSummary: s\r\n t\r\nVersion: 1\r\n\r\nName: in the text\r\n"

    core = read_core_metadata(text)

    assert (core.name, core.version, core.description) == ("a", "1", "Name: in the text\r\n")
    assert wanted_fields(text).count(b"X-Other") == wanted_fields(text).count(b"more") == 0
    assert wanted_fields(b"Name: a\nno field\nVersion: 1\n") == b"Name: a\nno field\nVersion: 1\n"
    assert wanted_fields(b"") == b""


TAGS = ".".join(f"a{number}" for number in range(60))
NO_NAMES = [
    f"hello-1.0-{TAGS}-{TAGS}-{TAGS}.whl", f"hello-1.0-py3-none-{'a' * 300}.whl", "hello-1.0 .tar.gz",
    "hello-1.0\n.tar.gz", "../hello-1.0.tar.gz", "hello-1.0-py3-none-a/b.whl",
    "hello-1.0-py3-none-\u202eany.whl", "hello-1.0-py3-none-\x00.whl", "\u212aello-1.0.tar.gz",
    "héllo-1.0.tar.gz", "hello-1.0.tar.gz\r\nX: y.zip",
]  # fmt: skip


@pytest.mark.parametrize("filename", NO_NAMES)
def test_given_a_name_that_no_builder_gives_then_it_is_refused_at_once(filename: str) -> None:
    begun = time.process_time()

    with pytest.raises(WrongValue):
        parse_file_name(filename)

    assert time.process_time() - begun < SECONDS


def test_given_such_a_name_in_an_address_then_404_for_anybody(index: PythonIndex, shop: Workshop) -> None:
    huge = f"hello-1.0-{'.'.join('a' * 900)}-{'.'.join('a' * 900)}-{'.'.join('a' * 900)}.whl"
    begun = time.process_time()

    assert index.get(f"/files/{WHEEL.digest}/{huge}", shop.anonymous).status == 401
    assert index.get(f"/files/{WHEEL.digest}/{huge}").status == 404
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("hello_h7-1.0.tar.gz", "Hello.H7-1.0.0.tar.gz", True),
        ("hello_h7-1.0.tar.gz", "hello_h7-1.0.tar.gz", False),
        ("hello_h7-1.0.tar.gz", "hello_h7-1.0.zip", False),
        ("hello_h7-1.0-py3-none-any.whl", "Hello_H7-1.0.0-py3-none-any.whl", True),
        ("hello-1-py2.py3-none-any.whl", "hello-1-py3.py2-none-any.whl", True),
        ("hello-1-1-py3-none-any.whl", "hello-1-py3-none-any.whl", False),
        ("hello-1-py3-none-any.whl", "notes.txt", False),
    ],
)
def test_names_that_are_one_file_to_installers(one: str, other: str, *, same: bool) -> None:
    assert is_other_spelling(one, other) is same


@pytest.mark.parametrize("is_deleted", [False, True])
def test_given_another_spelling_of_a_file_name_then_it_takes_only_the_same_bytes(
    index: PythonIndex, shop: Workshop, *, is_deleted: bool
) -> None:
    first, data = sdist_of(), sdist_of(summary="other").data
    index.publish(first).ok()
    index.publish(WHEEL).ok()
    if is_deleted:
        files = shop.url("/versions/1.0/files", package="pypi:hello-h7")
        shop.owner.delete(f"{files}/{first.filename}").ok()

    for filename in ("Hello.H7-1.0.tar.gz", "hello_h7-1.0.0.tar.gz"):
        refused = index.publish(PythonDistribution(filename, data, first.fields))
        assert (refused.status, refused.reason, refused.data["existing"]) == (409, "file_taken", first.digest)
        index.publish(PythonDistribution(filename, first.data, first.fields)).ok()


def test_given_a_form_of_names_without_end_then_413(index: PythonIndex) -> None:
    parts = [Part(f"{number:08}" + "n" * 3000, b"") for number in range(800)]

    assert index.publish(WHEEL, *parts).status == 413


def test_given_long_words_then_a_refusal_tells_their_beginning(index: PythonIndex) -> None:
    answer = index.publish(WHEEL, name="x" * 100_000)

    assert answer.status == 422
    assert len(answer.msg) < 1000


def test_given_a_store_that_is_slow_then_clients_are_told_to_try_again(
    index: PythonIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*_: object) -> bytes:
        raise TookTooLong("reading took too long")

    with monkeypatch.context() as patched:
        patched.setattr(distributions, "distribution_metadata", slowly)
        assert index.publish(WHEEL).status == 503

    index.publish(WHEEL).ok()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b">=3.8,\n  <4", ">=3.8, <4"),
        (b'"><script>\n <x>&amp;', '"><script> <x>&amp;'),
        (b">=3\x00", None),
        (b">=3\xff", None),
        (b">=3" + b",!=3.9" * 200, None),
    ],
)
def test_given_odd_words_about_the_interpreter_then_pages_are_sound(
    index: PythonIndex, written: bytes, shown: str | None
) -> None:
    metadata = OURS.replace(b"\nVersion:", b"\nRequires-Python: " + written + b"\nVersion:")
    index.publish(
        PythonDistribution(WHEEL.filename, zipped({f"{INFO}/METADATA": metadata}), WHEEL.fields)
    ).ok()

    assert index.files()[WHEEL.filename].get("requires-python") == shown
    html = index.get("/simple/hello-h7/").ok().body
    assert b"<script" not in html
    assert (b"data-requires-python" in html) is (shown is not None)
