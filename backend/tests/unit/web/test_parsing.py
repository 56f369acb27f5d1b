"""Malformed input stops at the edge, and the answer says which field is wrong without repeating it."""

import io
import json
from typing import Any

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient

THINGS = "/probe/things"
MEBIBYTE = 1024 * 1024


def post(client: ApiClient, body: bytes, content_type: str | None = "application/json") -> Answer:
    """Send a body as it is."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    return client.post(THINGS, data=body, headers=headers)


def fields(answer: Answer) -> list[str]:
    """Return the names of the fields that an answer complains about."""
    return [error["field"] for error in answer.data["errors"]]


class TestJsonBodies:
    def test_a_good_body_is_understood(self, probing: ApiClient) -> None:
        body = {"name": "ß", "count": 3, "ratio": 0.5, "is_good": True, "parts": ["a"]}

        assert probing.post(THINGS, body).ok().data == body

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"{'name': 'x'}",
            b'{"name": "x",}',
            b'{"name": "x"} {}',
            b"name=x",
            b'{"name": "\xff"}',
            b'{"name": "\\ud800"}',
            b'\xef\xbb\xbf{"name": "x"}',
            b"[" * 100_000,
            b'{"name":' * 10_000 + b"1" + b"}" * 10_000,
        ],
        ids=lambda body: repr(body[:30]),
    )
    def test_what_is_no_json_is_malformed(self, probing: ApiClient, body: bytes) -> None:
        answer = post(probing, body)

        assert (answer.status, answer.reason) == (400, "malformed")

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_what_is_no_finite_number_is_refused(self, probing: ApiClient, number: str) -> None:
        answer = post(probing, f'{{"name": "x", "ratio": {number}}}'.encode())

        assert answer.status == 422
        assert fields(answer) == ["ratio"]

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b"true"])
    def test_json_that_is_no_object_is_invalid(self, probing: ApiClient, body: bytes) -> None:
        answer = post(probing, body)

        assert (answer.status, answer.reason) == (422, "invalid")
        assert fields(answer) == ["body"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", 1),
            ("name", None),
            ("name", "x" * 10_001),
            ("count", "1"),
            ("count", 1.5),
            ("count", True),
            ("ratio", "0.5"),
            ("is_good", "true"),
            ("is_good", 1),
            ("parts", "abc"),
            ("parts", {"a": 1}),
        ],
    )
    def test_a_wrong_type_is_refused_and_the_field_named(
        self, probing: ApiClient, field: str, value: Any
    ) -> None:
        answer = probing.post(THINGS, {"name": "x", field: value})

        assert answer.status == 422
        assert fields(answer) == [field]
        assert field in answer.msg

    def test_a_wrong_element_is_named_with_its_place(self, probing: ApiClient) -> None:
        assert fields(probing.post(THINGS, {"name": "x", "parts": ["a", 1]})) == ["parts.1"]

    def test_every_wrong_field_is_named_at_once(self, probing: ApiClient) -> None:
        answer = probing.post(THINGS, {"count": "x", "ratio": "y"})

        assert sorted(fields(answer)) == ["count", "name", "ratio"]

    def test_an_unknown_field_is_refused_and_named(self, probing: ApiClient) -> None:
        answer = probing.post(THINGS, {"name": "x", "nmae": "y"})

        assert answer.status == 422
        assert fields(answer) == ["nmae"]

    def test_what_was_sent_is_not_repeated(self, probing: ApiClient) -> None:
        answer = probing.post(THINGS, {"name": ["hunter2"], "count": "hunter2"})

        assert answer.status == 422
        assert b"hunter2" not in answer.body

    def test_a_flood_of_unknown_fields_gets_a_short_answer(self, probing: ApiClient) -> None:
        body = {"name": "x"} | {f"field-{number}-{'x' * 200}": 1 for number in range(3000)}

        answer = probing.post(THINGS, body)

        assert answer.status == 422
        assert len(answer.body) < 100_000

    @pytest.mark.parametrize(
        "content_type",
        [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
    )
    def test_another_content_type_is_not_guessed_at(
        self, probing: ApiClient, content_type: str | None
    ) -> None:
        answer = post(probing, b'{"name": "x"}', content_type)

        assert (answer.status, answer.reason) == (415, "unsupported_media_type")

    def test_a_charset_beside_the_content_type_does_no_harm(self, probing: ApiClient) -> None:
        post(probing, '{"name": "ä"}'.encode(), "application/json; charset=utf-8").ok()

    def test_a_body_that_has_only_optional_fields_may_be_left_out(self, probing: ApiClient) -> None:
        assert probing.post("/probe/optional", data=b"").ok().data == {"name": "nobody"}
        assert probing.post("/probe/optional", {"name": "x"}).ok().data == {"name": "x"}


class TestSize:
    def test_a_body_of_a_mebibyte_is_read(self, probing: ApiClient) -> None:
        body = json.dumps({"name": "x"}).encode()

        post(probing, body + b" " * (MEBIBYTE - len(body))).ok()

    @pytest.mark.parametrize("size_bytes", [MEBIBYTE + 1, 10 * MEBIBYTE])
    def test_a_larger_one_is_refused_with_the_limit(self, probing: ApiClient, size_bytes: int) -> None:
        answer = post(probing, b" " * size_bytes)

        assert (answer.status, answer.reason) == (413, "too_large")
        assert answer.data["limit"] == MEBIBYTE

    def test_a_larger_one_of_unknown_length_is_not_read_to_its_end(self, probe: Flask) -> None:
        body = io.BytesIO(b" " * (10 * MEBIBYTE))

        with probe.test_client() as client:
            response = client.post(
                THINGS,
                input_stream=body,
                content_type="application/json",
                headers={"Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
            )

        assert response.status_code == 413
        assert response.get_json()["data"]["reason"] == "too_large"
        assert body.tell() <= 2 * MEBIBYTE

    def test_a_body_that_ends_early_is_no_shorter_body(self, probe: Flask) -> None:
        with probe.test_client() as client:
            response = client.post(
                THINGS,
                input_stream=io.BytesIO(b'{"name": "x"}'),
                content_type="application/json",
                environ_overrides={"CONTENT_LENGTH": "500"},
            )

        assert response.status_code == 400
        assert response.get_json()["data"]["reason"] == "interrupted"


class TestQueries:
    def test_a_good_query_is_understood(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/query", query={"name": "ä b", "count": "3"})

        assert answer.ok().data == {"name": "ä b", "count": 3}

    def test_an_unknown_parameter_is_refused_and_named(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/query", query={"naem": "x"})

        assert answer.status == 422
        assert fields(answer) == ["naem"]

    def test_an_unknown_parameter_is_refused_where_none_is_known(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/nothing", query={"name": "x"})

        assert answer.status == 422
        assert fields(answer) == ["name"]

    @pytest.mark.parametrize("url", ["/probe/query?count=1&count=1", "/probe/nothing?name=1&name=2"])
    def test_a_repeated_parameter_is_refused_and_named(self, probing: ApiClient, url: str) -> None:
        answer = probing.get(url)

        assert answer.status == 422
        assert fields(answer)[0] in url

    @pytest.mark.parametrize("count", ["", "x", "1.5", "9" * 5000])
    def test_a_wrong_value_is_refused_and_named(self, probing: ApiClient, count: str) -> None:
        answer = probing.get("/probe/query", query={"count": count})

        assert answer.status == 422
        assert fields(answer) == ["count"]

    def test_a_download_ignores_what_it_does_not_know(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/lax?utm_source=a&utm_source=b&count=2")

        assert answer.ok().data["count"] == 2
