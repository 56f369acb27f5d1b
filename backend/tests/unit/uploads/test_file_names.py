"""File names: 1 to 255 bytes of UTF-8, kept exactly as sent or refused, never repaired."""

from urllib.parse import quote

import pytest

from tests.support.client import Answer
from tests.support.forms import Part, file, post_form
from tests.support.registry import Workshop

KEPT = [
    "a.zip",
    "文件名.txt",
    "📦 release 🎉.tar.gz",
    'a"b.zip',
    "it's (1) [2] {3}; a=b, c&d.zip",
    "100%.zip",
    "%41.zip",
    "a+b c.zip",
    "-rf",
    ".hidden",
    "...",
    " leading and trailing ",
    "UPPER.ZIP",
    "x" * 255,
    "é" * 127 + "x",
    "\ufffd.zip",
]
REFUSED = [
    "x" * 256,
    "é" * 128,
    "📦" * 64,
    "a/b.zip",
    "../../etc/passwd",
    "/etc/passwd",
    "a\\b.zip",
    "C:\\temp\\a.zip",
    ".",
    "..",
    "a\0b.zip",
    "a\nb.zip",
    "a.zip\n",
    "a\r\nX-Injected: yes",
    "a\tb.zip",
    "a\x7fb.zip",
    "a\x85b.zip",
    *(f"a{character}gpj.exe" for character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
]
NOT_UTF8 = [b"\xff.zip", b"\xed\xa0\x80.zip", b"\xc3", b"\xef\xbf\xbd\xff.zip", b"\xc0\xaf"]


def put(shop: Workshop, name: str, data: bytes = b"bytes", tag: str = "stable") -> Answer:
    return shop.writer.put(shop.url(f"/upload/{quote(name, safe='')}"), data, query={"tag": tag})


def post(shop: Workshop, name: str) -> Answer:
    return post_form(shop.writer, shop.url("/upload"), file(b"bytes", name))


def refused(answer: Answer) -> bool:
    return (answer.status, answer.data["errors"][0]["field"]) == (422, "file")


class TestInTheUrl:
    @pytest.mark.parametrize("name", KEPT)
    def test_given_a_name_then_it_is_kept_exactly(self, shop: Workshop, name: str) -> None:
        answer = put(shop, name).ok()

        assert answer.data["original_name"] == name
        assert shop.reader.get(shop.url("/uploads")).items[0]["original_name"] == name

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", REFUSED)
    def test_given_a_dangerous_name_then_422_names_the_file_and_nothing_is_accepted(
        self, shop: Workshop, name: str
    ) -> None:
        assert refused(put(shop, name))
        assert shop.reader.get(shop.url("/uploads")).items == []

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", NOT_UTF8)
    def test_given_a_name_that_is_no_utf8_then_422_instead_of_replacement_characters(
        self, shop: Workshop, name: bytes
    ) -> None:
        url = shop.url("/upload/")
        path = (url.encode() + name).decode("latin-1")

        answer = shop.writer.put(url + "x", b"bytes", environ_overrides={"PATH_INFO": path})

        assert refused(answer)
        assert shop.reader.get(shop.url("/uploads")).items == []

    @pytest.mark.same_everywhere
    def test_given_a_refused_name_then_the_message_does_not_repeat_it(self, shop: Workshop) -> None:
        assert "\u202e" not in put(shop, "a\u202egpj.exe").body.decode()


class TestInAForm:
    @pytest.mark.parametrize("name", [name for name in KEPT if "%" not in name])
    def test_given_a_name_then_it_is_kept_exactly(self, shop: Workshop, name: str) -> None:
        assert post(shop, name).ok().data["original_name"] == name

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", [name for name in REFUSED if "\n" not in name])
    def test_given_a_dangerous_name_then_it_is_refused_and_nothing_is_accepted(
        self, shop: Workshop, name: str
    ) -> None:
        answer = post(shop, name)

        assert answer.status in {400, 422}  # a raw control character already breaks the form
        assert shop.reader.get(shop.url("/uploads")).items == []

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", ["a\nb.zip", "a\r\nX-Injected: yes", "a.zip\n"])
    def test_given_a_line_break_in_the_name_then_the_form_is_refused(self, shop: Workshop, name: str) -> None:
        assert post(shop, name).status in {400, 422}

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", NOT_UTF8)
    def test_given_a_name_that_is_no_utf8_then_422(self, shop: Workshop, name: bytes) -> None:
        assert refused(post_form(shop.writer, shop.url("/upload"), Part("file", b"bytes", name)))

    def test_given_a_browser_that_writes_a_quote_as_percent_22_then_the_name_has_a_quote(
        self, shop: Workshop
    ) -> None:
        part = Part("file", b"bytes", b"a%22b.zip")

        answer = post_form(shop.writer, shop.url("/upload"), part).ok()

        assert answer.data["original_name"] == 'a"b.zip'

    @pytest.mark.parametrize(
        ("extended", "name"),
        [(b"%E6%96%87.zip", "文.zip"), (b"a%22b.zip", 'a"b.zip'), (b"plain.zip", "plain.zip")],
    )
    def test_given_an_extended_file_name_then_it_counts(
        self, shop: Workshop, extended: bytes, name: str
    ) -> None:
        part = Part("file", b"bytes", b"fallback.zip\"; filename*=UTF-8''" + extended + b'; x="')

        assert post_form(shop.writer, shop.url("/upload"), part).ok().data["original_name"] == name

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "extended", [b"%FF.zip", b"%00.zip", b"a%2Fb.zip", b"%0D%0A.zip", b"%E2%80%AEgpj.exe"]
    )
    def test_given_a_dangerous_extended_file_name_then_422(self, shop: Workshop, extended: bytes) -> None:
        part = Part("file", b"bytes", b"fallback.zip\"; filename*=UTF-8''" + extended + b'; x="')

        assert refused(post_form(shop.writer, shop.url("/upload"), part))
