"""A document with a file in it, in pieces of every size: what is kept, what flows, what is refused."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from wxcloudrun.kit.errors import AppError, Interrupted, Malformed, TooLarge
from wxcloudrun.web.json_bodies import DocumentShape, Path, ScannedDocument

SHAPE = DocumentShape(
    is_kept=lambda path: "not" not in path,
    is_file=lambda path: path[-1] == "data" and "files" in path,
    most_bytes=1000,
    most_passed_bytes=10_000,
)
DATA = bytes(range(256)) * 3


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Cut a body."""
    return (body[at : at + size] for at in range(0, len(body), size))


def scanned(body: bytes, size: int = 4096, shape: DocumentShape = SHAPE) -> tuple[Any, dict[Path, bytes]]:
    """Read a body in pieces, and return what is kept and the files."""
    document = ScannedDocument(pieces(body, size), shape)
    files: dict[Path, bytes] = {}
    for each in document.blocks():
        files[each.path] = files.get(each.path, b"") + each.data
    return document.document, files


def with_file(data: str) -> bytes:
    """Return a document with a file."""
    return b'{"a": [1, {"b": null}], "files": {"x": {"data": "%s", "length": 1}}}' % data.encode()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 10_000])
class TestPieces:
    def test_given_a_file_then_it_flows_and_the_rest_is_kept(self, size: int) -> None:
        kept, files = scanned(with_file(base64.b64encode(DATA).decode()), size)

        assert kept == {"a": [1, {"b": None}], "files": {"x": {"data": "", "length": 1}}}
        assert files == {("files", "x", "data"): DATA}

    def test_given_letters_that_are_written_as_escapes_then_they_are_meant(self, size: int) -> None:
        letters = base64.b64encode(DATA).decode()
        for written in (letters.replace("/", "\\/"), letters.replace("+", "\\u002b"), escaped(letters)):
            assert scanned(with_file(written), size)[1] == {("files", "x", "data"): DATA}

    def test_given_what_nobody_wants_then_it_is_passed_whatever_it_holds(self, size: int) -> None:
        body = (
            b'{"not": {"data": [1, 2, {"x": "\\"}]", "y": []}], "z": true},'
            b' "a": {"not": 1, "b": "\\u4e8c\\\\"},'
            b' "not": "x", "c": [{"not": {}, "d": -1.5e3}, {}, []]}'
        )

        assert scanned(body, size) == ({"a": {"b": "二\\"}, "c": [{"d": -1500.0}, {}, []]}, {})

    def test_given_keys_that_are_written_as_escapes_then_they_are_meant(self, size: int) -> None:
        body = b'{"n\\u006ft": 1, "fil\\u0065s": {"d\\u0061ta": "QUJD"}}'

        assert scanned(body, size) == ({"files": {"data": ""}}, {("files", "data"): b"ABC"})


def escaped(letters: str) -> str:
    """Write every letter as an escape."""
    return "".join(f"\\u{ord(letter):04X}" for letter in letters)


class TestRefusals:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b" ", b"{", b'{"a"', b'{"a":', b'{"a": 1', b'{"a": "x', b'{"a": "x\\', b'{"a": [',
            b'{"files": {"data": "QUJD',
        ],
    )  # fmt: skip
    def test_given_a_document_that_ends_early_then_it_is_interrupted(self, body: bytes) -> None:
        with pytest.raises(Interrupted):
            scanned(body)

    @pytest.mark.parametrize(
        "body",
        [
            b"1", b"no json at all", b"{} more",
            b'"a"', b"[]", b"null", b"{}{}", b"{} 1 ,", b'{"a" 1}', b'{"a": 1,}', b"{,}", b'{"a":: 1}',
            b'{"a": 1 "b": 2}', b'{"a": [1,]}', b'{"a": [1}}', b'{"a": {]}', b"{1: 2}", b'{"a": tru}',
            b'{"a": 1 2}', b'{"a": "\x01"}', b'{"a": "\xff"}', b'{"a": NaN}', b'{"a": Infinity}', b'{"a": }',
            b'{"a": "\\x"}', b'{"\\x": 1}', b"\xef\xbb\xbf{}", b"{\x00}", b'{"a": ,}', b"{]", b"}", b":",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("size", [1, 100])
    def test_given_what_is_no_document_then_it_is_malformed(self, body: bytes, size: int) -> None:
        with pytest.raises(Malformed):
            scanned(body, size)

    @pytest.mark.parametrize(
        "letters",
        [
            "A",
            "AB",
            "ABC",
            "A===",
            "AB=C",
            "QUI=QUJD",
            "QUJD====",
            "Q UJD",
            "QUJD\\n",
            "QU-D",
            "QU\\u00e9D",
            "=",
            "é",
        ],
    )
    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_given_a_file_that_is_no_base64_then_it_is_malformed(self, letters: str, size: int) -> None:
        with pytest.raises(Malformed):
            scanned(with_file(letters), size)

    def test_given_too_much_to_keep_or_to_pass_then_it_is_too_large(self) -> None:
        for body in (
            b'{"a": "' + b"x" * 1000 + b'"}',
            b'{"a": [' + b"1," * 600 + b"1]}",
            b'{"not": "' + b"x" * 10_000 + b'"}',
            b'{"not": [' + b"1," * 5_000 + b"1]}",
            b"{" + b" " * 10_000 + b"}",
        ):
            with pytest.raises(TooLarge):
                scanned(body)

    def test_given_a_nest_then_it_is_malformed(self) -> None:
        for opening in (b"[", b'{"a":'):
            with pytest.raises(Malformed):
                scanned(b'{"not":' + opening * 200)

    def test_given_a_file_of_any_length_then_nothing_of_it_counts(self) -> None:
        data = bytes(200_000)

        assert scanned(with_file(base64.b64encode(data).decode()))[1] == {("files", "x", "data"): data}


def test_given_any_document_then_it_is_read_as_the_standard_library_does() -> None:
    everything = DocumentShape(lambda _: True, lambda _: False, 10**6, 10**6)
    chance = random.Random(17)
    for _ in range(300):
        value = {"top": some_value(chance, 4)}
        body = json.dumps(value, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1])).encode()

        assert scanned(body, chance.randint(1, 30), everything) == (value, {})


def test_given_any_damage_then_it_is_refused_or_read_as_the_standard_library_does() -> None:
    everything = DocumentShape(lambda _: True, lambda _: False, 10**6, 10**6)
    chance = random.Random(18)
    for _ in range(3000):
        body = bytearray(json.dumps({"top": some_value(chance, 3)}).encode())
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] = chance.choice(b'{}[],:"\\ 1nx\x00\xff')
        try:
            expected = json.loads(bytes(body))
        except ValueError:
            with pytest.raises(AppError):
                scanned(bytes(body), chance.randint(1, 30), everything)
        else:
            if isinstance(expected, dict):
                assert scanned(bytes(body), chance.randint(1, 30), everything)[0] == well_formed(expected)


@pytest.mark.parametrize("half", [b"\\ud83d", b"\\uDE42", b"\\ud83d\\ud83d", b"\\ude42\\ud83d"])
def test_given_half_a_character_then_an_unknown_one_stands_there(half: bytes) -> None:
    unknown = "\ufffd" * half.count(b"\\")

    assert scanned(b'{"a%s": ["x%s", "\\ud83d\\ude42"]}' % (half, half))[0] == {
        f"a{unknown}": [f"x{unknown}", "\U0001f642"]
    }


@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xff", b"\xc0\x80"])
def test_given_letters_that_are_no_utf_8_then_it_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        scanned(b'{"a": "%s"}' % raw)


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_given_any_document_that_nobody_wants_then_it_is_passed_to_its_end(size: int) -> None:
    chance = random.Random(19)
    for _ in range(100):
        body = json.dumps(
            {"not": [some_value(chance, 4)], "a": 1, "b": {"not": {"x": some_value(chance, 4)}}}
        )

        assert scanned(body.encode(), size, replace(SHAPE, most_passed_bytes=10**6))[0] == {"a": 1, "b": {}}


@pytest.mark.parametrize("passed", [b"[}", b"[{]", b'{"a": [}]', b"[[]}", b"]"])
def test_given_brackets_that_do_not_fit_then_it_is_malformed(passed: bytes) -> None:
    with pytest.raises(Malformed):
        scanned(b'{"not": %s, "a": 1}' % passed)


def test_given_more_values_than_are_looked_at_then_it_is_too_large_but_what_is_passed_is_free() -> None:
    shape = replace(SHAPE, most_signs=100, most_passed_bytes=10**6)

    assert scanned(b'{"not": [' + b'{"a": [1]},' * 1000 + b'"x"], "a": 1}', shape=shape)[0] == {"a": 1}
    for many in (b'"a": 1,' * 100, b'"not": 1,' * 100, b'"not": [],' * 100):
        with pytest.raises(TooLarge):
            scanned(b"{" + many + b'"b": 1}', shape=shape)


def well_formed(value: Any) -> Any:
    """Return a value with an unknown character in the place of half a one."""
    written = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
    return json.loads(written.decode("utf-16-le", "replace"))


def some_value(chance: random.Random, depth: int) -> Any:
    """Return some JSON value."""
    kind = chance.randrange(7 if depth else 4)
    if kind < 4:
        texts = ["", "x", 'a"b\\c', "二\n", "\\u0041", "[1,2]", "🙂"]
        return [None, chance.choice([True, False]), chance.randint(-99, 10**12), chance.choice(texts)][kind]
    if kind < 5:
        return [some_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {f"k{each}\t": some_value(chance, depth - 1) for each in range(chance.randrange(4))}
