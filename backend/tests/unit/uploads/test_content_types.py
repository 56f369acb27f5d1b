"""The content type of a deposit: what was sent, else what the file name suggests."""

import pytest

from tests.support.forms import file, post_form
from tests.support.registry import Workshop


def settled(shop: Workshop, filename: str, content_type: str | None) -> str:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = shop.writer.put(
        shop.url(f"/upload/{filename}"), b"bytes", query={"tag": "t"}, headers=headers
    ).ok()
    downloaded = shop.download("tag:t").headers["Content-Type"]
    assert downloaded == answer.data["content_type"], "the download has the type that was answered"
    return downloaded


@pytest.mark.parametrize("sent", ["text/csv", "application/vnd.api+json", "text/html; charset=iso-8859-1"])
def test_given_a_type_then_it_is_kept_whatever_the_name_says(shop: Workshop, sent: str) -> None:
    assert settled(shop, "x.zip", sent) == sent


@pytest.mark.parametrize("sent", [None, "application/octet-stream", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("x.zip", "application/zip"),
        ("x.txt", "text/plain"),
        ("x.tar.gz", "application/gzip"),
        ("x.unknown-ending", "application/octet-stream"),
        ("no-ending", "application/octet-stream"),
    ],
)
def test_given_no_type_that_means_something_then_the_name_decides(
    shop: Workshop, sent: str | None, filename: str, expected: str
) -> None:
    assert settled(shop, filename, sent) == expected


@pytest.mark.parametrize(
    "sent", ["nonsense", "a/b/c", "text/", "/plain", "text/plain, text/html", "x/" + "y" * 300]
)
def test_given_a_type_that_is_none_then_the_name_decides(shop: Workshop, sent: str) -> None:
    assert settled(shop, "x.txt", sent) == "text/plain"


@pytest.mark.parametrize(("sent", "expected"), [("text/csv", "text/csv"), (None, "application/zip")])
def test_given_a_form_then_the_type_of_its_file_part_counts(
    shop: Workshop, sent: str | None, expected: str
) -> None:
    answer = post_form(shop.writer, shop.url("/upload"), file(b"bytes", "x.zip", sent)).ok()

    assert answer.data["content_type"] == expected
