"""A downloaded file keeps its name, whatever the name is, and is never anything but an attachment."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from wxcloudrun.web.disposition import attachment

FALLBACK = re.compile(r'attachment; filename="([\x20-\x7e]*)"')

# Everything that the registry takes as a file name: no separators, no control characters, no surrogates.
FILE_NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=60
)


def understood(header: str) -> str | None:
    """Return the name that a client saves the file under."""
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    return options.get("filename")


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("app.zip", 'attachment; filename="app.zip"'),
        ("my app (1).zip", 'attachment; filename="my app (1).zip"'),
        ("a+b.zip", 'attachment; filename="a+b.zip"'),
        ("a;b,c=d.zip", 'attachment; filename="a;b,c=d.zip"'),
        ("50%.zip", "attachment; filename=\"50_.zip\"; filename*=UTF-8''50%25.zip"),
        ("%41.zip", "attachment; filename=\"_41.zip\"; filename*=UTF-8''%2541.zip"),
        ('a"b.zip', "attachment; filename=\"a_b.zip\"; filename*=UTF-8''a%22b.zip"),
        ("..\\x.zip", "attachment; filename=\".._x.zip\"; filename*=UTF-8''..%5Cx.zip"),
        ("../x.zip", 'attachment; filename="x.zip"'),
        ("a'b.zip", "attachment; filename=\"a'b.zip\"; filename*=UTF-8''a%27b.zip"),
        (
            "测试 包.zip",
            "attachment; filename=\"__ _.zip\"; filename*=UTF-8''%E6%B5%8B%E8%AF%95%20%E5%8C%85.zip",
        ),
        ("ä(1).zip", "attachment; filename=\"_(1).zip\"; filename*=UTF-8''%C3%A4%281%29.zip"),
        ("naïve.txt", "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("😀.bin", "attachment; filename=\"_.bin\"; filename*=UTF-8''%F0%9F%98%80.bin"),
    ],
)
def test_a_name_is_written_as_the_standard_says(filename: str, header: str) -> None:
    assert attachment(filename) == header


@pytest.mark.parametrize(
    "filename",
    [
        "a",
        "测试 包(1).zip",
        "a" * 255,
        "测" * 85,
        "é" * 127 + "x",
        "a" * 251 + ".zip",
        "'" * 255,
        '"' * 255,
        "%" * 255,
        " leading and trailing ",
        "UTF-8''name.zip",
        "filename*=x",
        "a\u00a0b",
    ],
)
def test_a_name_of_any_length_comes_back_whole(filename: str) -> None:
    assert len(filename.encode()) <= 255
    assert understood(attachment(filename)) == filename


@given(FILE_NAMES)
def test_every_name_comes_back_as_it_was(filename: str) -> None:
    assert understood(attachment(filename)) == filename


@given(FILE_NAMES)
def test_the_header_is_plain_ascii_on_one_line(filename: str) -> None:
    assert re.fullmatch(r"[\x20-\x7e]+", attachment(filename))


@given(FILE_NAMES)
def test_old_clients_are_never_told_to_leave_the_folder(filename: str) -> None:
    fallback = FALLBACK.match(attachment(filename))

    assert fallback is not None
    assert not set('/\\"%') & set(fallback[1])
