"""A plus sign in a query is a space: who meant a plus is told how it is written."""

import pytest

from tests.support.registry import Workshop

pytestmark = pytest.mark.same_everywhere

DATA = b"bytes"


@pytest.mark.parametrize("query", ["version=1+b", "tag=a+b", "version=1.0.0&tag=a+b"])
def test_given_a_plus_that_became_a_space_then_422_says_how_it_is_written(shop: Workshop, query: str) -> None:
    answer = shop.writer.put(shop.url(f"/upload/x.bin?{query}"), DATA)

    assert (answer.status, answer.reason) == (422, "invalid")
    assert "%2B" in answer.msg
    assert "%2B" in answer.data["errors"][0]["message"]


def test_given_a_plus_as_it_is_written_then_it_is_part_of_the_version(shop: Workshop) -> None:
    answer = shop.writer.put(shop.url("/upload/x.bin?version=1%2Bb"), DATA).ok()

    assert answer.data["version"] == "1+b"


@pytest.mark.parametrize("query", ["version=1%20b", "version=", "tag=a%2Bb"])
def test_given_a_value_that_is_wrong_without_a_plus_then_there_is_no_hint(shop: Workshop, query: str) -> None:
    assert "%2B" not in shop.writer.put(shop.url(f"/upload/x.bin?{query}"), DATA).msg


def test_given_a_search_then_the_same_hint(shop: Workshop) -> None:
    assert "%2B" in shop.reader.get("/api/v1/search?version=1+b").msg


def test_given_a_reference_that_is_not_there_then_the_same_hint(shop: Workshop) -> None:
    shop.upload(DATA, version="1+b").ok()

    answer = shop.reader.get(shop.url("/resolve?ref=version:1+b"))

    assert (answer.status, answer.reason) == (404, "range_not_understood")
    assert "%2B" in answer.msg
    assert shop.reader.get(shop.url("/resolve?ref=version:1%2Bb")).ok().data["version"] == "1+b"
