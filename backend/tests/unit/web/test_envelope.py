"""Every answer is an envelope under a request id, also when something goes wrong that nobody thought of."""

import re

import pytest
from flask import Flask

from tests.support.client import ApiClient
from tests.support.logged import Log
from tests.unit.web.conftest import SECRET


class TestUnknownPlaces:
    @pytest.mark.parametrize("url", ["/api", "/api/v1/nothing", "/api/v1/projects/", "//api/health", "/%00"])
    def test_an_unknown_url_is_not_found(self, probing: ApiClient, url: str) -> None:
        answer = probing.get(url)

        assert (answer.status, answer.reason) == (404, "not_found")

    @pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"])
    def test_a_method_that_a_url_does_not_take_is_refused_with_those_that_it_takes(
        self, probing: ApiClient, method: str
    ) -> None:
        answer = probing.request(method, "/api/v1/projects")

        assert (answer.status, answer.reason) == (405, "method_not_allowed")
        assert {"GET", "HEAD", "POST"} <= set(re.split(r",\s*", answer.headers["Allow"]))

    def test_a_question_for_the_head_has_no_body(self, probing: ApiClient) -> None:
        answer = probing.head("/api/v1/nothing")

        assert answer.status == 404


class TestRefusals:
    def test_a_refusal_carries_its_slug_its_facts_and_its_headers(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/refuses")

        assert answer.status == 409
        assert answer.data == {"reason": "conflict", "existing": "a", "offered": "b"}
        assert answer.msg == "not like this"
        assert answer.headers["X-Why"] == "because"

    def test_an_answer_is_neither_kept_nor_guessed_at(self, probing: ApiClient) -> None:
        for url in ("/probe/refuses", "/probe/nothing", "/api/v1/nothing"):
            headers = probing.get(url).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Type"] == "application/json"


class TestDefects:
    def test_a_mistake_of_ours_is_answered_without_its_trace(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/fails")

        assert (answer.status, answer.reason) == (500, "internal")
        for told in (SECRET, "ZeroDivisionError", "Traceback", "conftest", "/work", ".py"):
            assert told.encode() not in answer.body

    def test_its_trace_is_in_the_log_under_the_request_id_that_the_answer_names(
        self, probing: ApiClient, log: Log
    ) -> None:
        answer = probing.get("/probe/fails", headers={"X-Request-ID": "look-here"})

        assert answer.data["request_id"] == answer.headers["X-Request-ID"] == "look-here"
        (entry,) = log.of("unhandled_error")
        assert entry["request_id"] == "look-here"
        assert "ZeroDivisionError" in entry["exc_info"]
        assert "in fail" in entry["exc_info"]

    def test_the_next_request_is_served_as_if_nothing_had_happened(self, probing: ApiClient) -> None:
        probing.get("/probe/fails")

        probing.get("/probe/nothing").ok()


class TestRequestIds:
    @pytest.mark.parametrize("offered", ["a", "A.b_c-9", "x" * 64])
    def test_a_good_one_is_echoed(self, probing: ApiClient, offered: str) -> None:
        answer = probing.get("/probe/nothing", headers={"X-Request-ID": offered})

        assert answer.headers["X-Request-ID"] == offered

    @pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "ä", "a;b", 'a"b', "<script>"])
    def test_a_bad_one_is_replaced(self, probing: ApiClient, offered: str) -> None:
        answer = probing.get("/probe/nothing", headers={"X-Request-ID": offered})

        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])

    def test_two_requests_have_two(self, probing: ApiClient) -> None:
        first, second = (probing.get("/probe/nothing").headers["X-Request-ID"] for _ in range(2))

        assert first != second

    @pytest.mark.parametrize("url", ["/api/v1/nothing", "/probe/refuses", "/probe/fails", "/probe/things"])
    def test_every_failure_has_one(self, probing: ApiClient, url: str) -> None:
        answer = probing.get(url, headers={"X-Request-ID": "mine"})

        assert answer.headers["X-Request-ID"] == "mine"


def test_the_text_of_an_answer_is_not_escaped(probe: Flask) -> None:
    with probe.test_client() as client:
        body = client.post("/probe/things", json={"name": "测试"}).get_data()

    assert "测试".encode() in body
