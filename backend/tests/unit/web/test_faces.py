"""Refusals at the addresses of a foreign protocol look as its clients want them, wherever they come from."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.client import ApiClient, FlaskAnswer

ROOTS = {"/probe-problem": "detail", "/probe-error": "error"}
each_root = pytest.mark.parametrize("root", ROOTS)


@each_root
def test_given_a_refusal_then_it_has_a_sentence_a_slug_and_its_headers(probing: ApiClient, root: str) -> None:
    answer = probing.get(f"{root}/refuses")

    assert (answer.status, answer.reason, answer.msg) == (409, "conflict", "not like this")
    assert answer.headers["X-Why"] == "because"
    assert set(answer.data) >= {ROOTS[root], "reason"}


@each_root
def test_given_no_such_address_or_method_then_it_is_refused_in_the_same_shape(
    probing: ApiClient, root: str
) -> None:
    for path in ("", "/", "/nothing", "/a/b/c"):
        answer = probing.get(f"{root}{path}", headers={})
        assert (answer.status, answer.reason) == (404, "not_found")

    answer = probing.post(f"{root}/refuses")

    assert (answer.status, answer.reason) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(("root", "scheme"), [("/probe-problem", "Basic"), ("/probe-error", "Bearer")])
def test_given_no_credential_then_there_is_one_challenge(probing: ApiClient, root: str, scheme: str) -> None:
    for caller in (probing.as_(None), probing.as_("no-such-key")):
        answer = caller.get(f"{root}/known")

        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, f'{scheme} realm="probe"')


def test_given_somebody_who_reads_chinese_then_the_sentence_is_that_and_the_status_line_is_ascii(
    probe: Flask,
) -> None:
    with FlaskClient(probe, FlaskAnswer) as client:
        answer = client.get("/probe-problem/known", headers={"Accept-Language": "zh-CN"})

    assert answer.status == "401 log in or present an API key"
    assert answer.get_json()["detail"] != "log in or present an API key"
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Content-Language"] == "zh-CN"
