"""Where the network cuts a form into blocks must not change what is read of it."""

import pytest

from tests.support.forms import BOUNDARY, encoded, field, file
from wxcloudrun.web.bodies import FormUpload

MARK = BOUNDARY.encode()
FILES = {
    "plain": b"some bytes",
    "nothing but a line break": b"\r\n",
    "a carriage return at the end": b"bytes\r",
    "a line feed at the end": b"bytes\n",
    "most of a boundary": b"\r\n--" + MARK[:-1] + b"\r\n",
    "a boundary behind a line feed alone": b"bytes\n--" + MARK + b"\nbytes",
    "a longer boundary": b"bytes\r\n--" + MARK[:-1] + b"x--\r\n",
}


def read(*blocks: bytes) -> tuple[bytes, str | None, dict[str, str]]:
    """Read a form that comes in these blocks."""
    form = FormUpload(MARK, iter(blocks))
    data = b"".join(form.blocks())
    return data, form.filename, form.fields


@pytest.mark.parametrize("name", FILES)
def test_given_a_form_cut_in_two_anywhere_then_its_file_and_fields_are_the_same(name: str) -> None:
    data = FILES[name]
    body = encoded(field("tag", "stable"), file(data, "a.bin"), field("version", "1.0.0"))
    expected = (data, "a.bin", {"tag": "stable", "version": "1.0.0"})

    for place in range(len(body) + 1):
        assert read(body[:place], body[place:]) == expected, place


@pytest.mark.parametrize("name", FILES)
def test_given_a_form_whose_file_comes_last_cut_in_two_anywhere_then_the_same(name: str) -> None:
    body = encoded(file(FILES[name], "a.bin"))

    for place in range(len(body) + 1):
        assert read(body[:place], body[place:])[0] == FILES[name], place


@pytest.mark.parametrize("name", FILES)
def test_given_a_form_that_comes_byte_by_byte_then_the_same(name: str) -> None:
    body = encoded(file(FILES[name], "a.bin"), field("tag", "stable"))

    assert read(*(bytes([byte]) for byte in body)) == (FILES[name], "a.bin", {"tag": "stable"})
