"""In packages for several files a file may be called by a path: kept exactly as sent, or refused."""

from urllib.parse import quote, urlsplit

import pytest

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.forms import field, file, post_form
from tests.support.registry import Workshop
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.uploads.rules import check_file_path

KEPT = [
    "lib/arm64/a.so",
    "a/b",
    "文/件 1%+#?.txt",
    "a /b ",
    ".hidden/x",
    "...",
    "x" * 255 + "/" + "y" * 255,
    "a",
]
REFUSED = [
    "", "/", "/etc/passwd", "a/", "a//b", "../a", "a/..", "a/../b", "./a", "a/./b", "a\\b", "a/b\\c",
    "a/b\0c", "a/b\nc", "a/\u202egpj.exe", "x" * 256, "a/" + "x" * 256, "/".join(["x" * 127] * 4) + "/y",
    "é" * 128 + "/a", "a/\ud800",
]  # fmt: skip
DEEP = "lib/arm64/ß a+b.so"


@pytest.fixture
def files(shop: Workshop) -> Workshop:
    """A package for several files."""
    shop.writer.patch(f"/api/v1/project/{shop.project}/packages/{shop.package}", {"layout": "files"}).ok()
    return shop


def put(shop: Workshop, path: str, data: bytes = b"bytes", safe: str = "") -> Answer:
    return shop.writer.put(shop.url(f"/upload/{quote(path, safe=safe)}"), data, query={"version": "1.0.0"})


def listed(shop: Workshop) -> list[str]:
    """Return what the files of the version are called."""
    return [each["filename"] for each in shop.reader.get(shop.url("/versions/1.0.0/files")).ok().items]


def test_the_grammar_of_paths() -> None:
    assert [check_file_path(path) for path in KEPT] == list(KEPT)
    for path in REFUSED:
        with pytest.raises(WrongValue):
            check_file_path(path)


def test_given_a_path_then_it_is_kept_and_every_way_of_writing_it_leads_there(files: Workshop) -> None:
    made = put(files, DEEP, safe="/").ok().data
    put(files, "lib/x86/ß a+b.so", b"other").ok()

    assert made["original_name"] == DEEP
    assert listed(files) == [DEEP, "lib/x86/ß a+b.so"]
    (first, _) = files.reader.get(files.url("/versions/1.0.0/files")).ok().items
    assert urlsplit(first["url"]).path.endswith("/+/version:1.0.0/lib/arm64/%C3%9F%20a+b.so")
    for written in (
        quote(DEEP, safe=""),
        quote(DEEP, safe="/"),
        urlsplit(first["url"]).path.split("1.0.0/")[1],
    ):
        got = files.download(f"version:1.0.0/{written}").ok()
        assert (got.body, got.headers["Content-Disposition"]) == (
            b"bytes", "attachment; filename=\"_ a+b.so\"; filename*=UTF-8''%C3%9F%20a+b.so",
        )  # fmt: skip
    assert files.download(f"artifact:{sha256(b'bytes')}/{quote(DEEP)}").ok().body == b"bytes"
    assert files.download("version:1.0.0/lib/arm64").status == 404
    assert files.download("version:1.0.0/lib//arm64/a").status == 404
    assert put(files, DEEP, b"changed").reason == "file_taken"
    for written in (quote(DEEP, safe="/"), quote("lib/x86/ß a+b.so", safe="")):
        assert files.maintainer.delete(files.url(f"/versions/1.0.0/files/{written}")).status == 204
    assert listed(files) == []


def test_given_a_form_then_its_field_path_says_how_the_file_is_called(files: Workshop) -> None:
    for number, order in enumerate((0, 1)):
        parts = [file(b"%d" % number, "blob"), field("path", f"lib/{number}.txt")]
        url, version = files.url("/upload"), field("version", "1.0.0")
        answer = post_form(files.writer, url, parts[order], parts[1 - order], version)
        assert answer.ok().data["original_name"] == f"lib/{number}.txt"
        assert answer.data["content_type"] == "text/plain"
    for refused in ("../a", "/a", "a//b"):
        answer = post_form(files.writer, files.url("/upload"), file(b"more", "blob"), field("path", refused))
        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "path")
    plain = post_form(files.writer, files.url("/upload"), file(b"more", "a/b.txt"))
    assert plain.status == 422
    assert listed(files) == ["lib/0.txt", "lib/1.txt"]


def test_given_a_dangerous_path_then_422_and_nothing_is_accepted(files: Workshop) -> None:
    for path in ("../a", "a/../b", "/etc/passwd", "a//b", "a/.", "a\\b/c"):
        answer = put(files, path)
        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file"), path
    assert files.reader.get(files.url("/uploads")).ok().items == []


def test_given_a_package_for_one_file_then_it_takes_no_path_whichever_way_it_comes(shop: Workshop) -> None:
    assert put(shop, "a/b").status == 422
    form = post_form(shop.writer, shop.url("/upload"), file(b"bytes"), field("path", "a/b"))
    assert (form.status, form.data["errors"][0]["field"]) == (422, "path")
    shop.upload(b"bytes", tag="here").ok()
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(b"bytes")}
    assert shop.writer.put(shop.url("/upload/a/b"), headers=headers).status == 422
    assert (
        post_form(shop.writer, shop.url("/upload"), file(b"x"), field("path", "named"))
        .ok()
        .data["original_name"]
        == "named"
    )
    assert len(shop.reader.get(shop.url("/uploads")).ok().items) == 2


def test_given_a_version_in_the_name_then_that_of_the_file_counts_and_not_of_a_folder(
    files: Workshop,
) -> None:
    def version(path: str) -> str | None:
        found: str | None = files.writer.put(files.url(f"/upload/{path}"), path.encode()).ok().data["version"]
        return found

    assert (version("app-1.2.3/readme.txt"), version("x/app-2.0.1.zip")) == (None, "2.0.1")


def test_given_names_that_differ_in_a_blank_at_their_end_then_they_are_two_files(files: Workshop) -> None:
    assert [put(files, name, name.encode()).status for name in ("a", "a ", "a  ")] == [200] * 3
    assert listed(files) == ["a", "a ", "a  "]
    assert files.download("version:1.0.0/a%20").ok().body == b"a "
