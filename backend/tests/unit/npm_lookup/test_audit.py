"""npm audit: an honest 404, an empty answer that somebody wants, or what another registry knows."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.advisories import AdvisoryServer, advisory_server
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.inside import Inside
from tests.support.registry import Workshop

BULK = "npm/v1/security/advisories/bulk"
QUICK, WHOLE = "npm/v1/security/audits/quick", "npm/v1/security/audits"
ADVISORY = {"id": 1, "title": "Bad", "severity": "high", "vulnerable_versions": "<3"}


def ask(
    shop: Workshop, path: str, document: Any, client: ApiClient | None = None, *, packed: bool = True
) -> Answer:
    """Ask as npm does, whose body is gzip."""
    body = json.dumps(document).encode() if not isinstance(document, bytes) else document
    headers = {"Content-Type": "application/json"}
    if packed:
        body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
    return (client or shop.reader).request(
        "POST", f"/npm/{shop.project}/-/{path}", data=body, headers=headers
    )


def shop_with(app_with: AppWith, **settings: str) -> Workshop:
    """Return a private project of a service with these settings, with a package of npm's format in it."""
    shop = Inside(app_with(**settings)).workshop()
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": "npm:@h7~lib"}).ok()
    return shop


@pytest.fixture
def upstream() -> Iterator[AdvisoryServer]:
    """Another registry."""
    with advisory_server() as server:
        yield server


@pytest.fixture
def asking(app_with: AppWith, upstream: AdvisoryServer) -> Workshop:
    """A project of a service that asks it."""
    return shop_with(app_with, NPM_AUDIT="forward", NPM_AUDIT_URL=upstream.url)


class TestOff:
    @pytest.mark.parametrize("path", [BULK, QUICK, WHOLE])
    def test_given_nothing_then_it_says_that_there_is_no_audit(self, shop: Workshop, path: str) -> None:
        answer = ask(shop, path, {})

        assert answer.status == 404
        assert answer.data == {"error": "this registry offers no audit", "reason": "not_found"}

    @pytest.mark.parametrize("path", [BULK, QUICK, WHOLE])
    def test_given_who_may_not_read_then_that_comes_first(self, shop: Workshop, path: str) -> None:
        assert ask(shop, path, {}, shop.anonymous).status == 401
        assert "does not exist or is not visible" in ask(shop, path, {}, shop.stranger).msg


class TestEmpty:
    def test_given_somebody_wants_it_then_nothing_is_ever_found(self, app_with: AppWith) -> None:
        shop = shop_with(app_with, NPM_AUDIT="empty")

        assert ask(shop, BULK, {"ms": ["2.0.0"]}).ok().body == b"{}\n"
        tree = ask(shop, QUICK, {"requires": {"ms": "2"}, "dependencies": {"ms": {"version": "2.0.0"}}}).ok()
        assert tree.data["advisories"] == {}
        assert tree.data["metadata"]["vulnerabilities"]["critical"] == 0


class TestForward:
    def test_given_names_then_those_that_lie_here_are_not_told(
        self, asking: Workshop, upstream: AdvisoryServer
    ) -> None:
        upstream.answer = json.dumps({"ms": [ADVISORY], "@h7/lib": [ADVISORY]}).encode()

        answer = ask(asking, BULK, {"ms": ["2.0.0"], "@h7/lib": ["1.0.0"], "odd": "no list"}).ok()

        assert upstream.asked == [("/-/npm/v1/security/advisories/bulk", {"ms": ["2.0.0"]})]
        assert answer.data == {"ms": [ADVISORY]}

    def test_given_a_name_of_a_project_that_they_do_not_see_then_it_is_not_told_either(
        self, asking: Workshop, upstream: AdvisoryServer
    ) -> None:
        asking.stranger.post("/api/v1/projects", {"name": "elsewhere"}).ok()
        asking.stranger.post("/api/v1/project/elsewhere/packages", {"name": "npm:secret-plan"}).ok()

        ask(asking, BULK, {"secret-plan": ["1.0.0"], "ms": ["2.0.0"]}).ok()

        assert upstream.asked[0][1] == {"ms": ["2.0.0"]}

    def test_given_nothing_but_names_that_lie_here_then_nobody_is_asked(
        self, asking: Workshop, upstream: AdvisoryServer
    ) -> None:
        assert ask(asking, BULK, {"@h7/lib": ["1.0.0"]}).ok().data == {}
        tree = {"dependencies": {"@h7/lib": {"version": "1.0.0"}}}
        assert ask(asking, WHOLE, tree).ok().data["advisories"] == {}
        assert upstream.asked == []

    @pytest.mark.parametrize("path", [QUICK, WHOLE])
    def test_given_a_tree_then_what_lies_here_goes_with_all_that_it_needs(
        self, asking: Workshop, upstream: AdvisoryServer, path: str
    ) -> None:
        tree = {
            "name": "secret-project",
            "version": "9.9.9",
            "metadata": {"node_version": "v20"},
            "requires": {"@h7/lib": "^1", "debug": "^4"},
            "dependencies": {
                "@h7/lib": {"version": "1.0.0", "dependencies": {"inner": {"version": "1.0.0"}}},
                "debug": {
                    "version": "4.0.0",
                    "integrity": "sha512-x",
                    "resolved": "https://registry.example.com/npm/secret-project/debug",
                    "requires": {"ms": "2", "@h7/lib": "1"},
                    "dependencies": {"ms": {"version": "2.0.0", "dev": True}, "@h7/lib": {"version": "1"}},
                },
            },
        }

        ask(asking, path, tree).ok()

        [(asked_at, told)] = upstream.asked
        assert asked_at == f"/-/{path}"
        assert told == {
            "name": "project",
            "version": "0.0.0",
            "requires": {"debug": "^4"},
            "dependencies": {
                "debug": {
                    "version": "4.0.0",
                    "requires": {"ms": "2"},
                    "dependencies": {
                        "ms": {"version": "2.0.0", "dev": True, "requires": {}, "dependencies": {}}
                    },
                }
            },
        }

    @pytest.mark.parametrize(
        "trouble",
        [
            {"status": 500},
            {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
            {"answer": b"no json"},
            {"answer": b"[]"},
            {"answer": b"[" * 100_000},
            {"answer": b'{"ms": "' + b"x" * (4 * 1024 * 1024) + b'"}'},
            {"headers": {"Content-Encoding": "gzip"}, "answer": gzip.compress(b"{}")},
        ],
        ids=lambda trouble: str(trouble)[:40],
    )
    def test_given_an_answer_that_is_of_no_use_then_503(
        self, asking: Workshop, upstream: AdvisoryServer, trouble: dict[str, Any]
    ) -> None:
        for name, value in trouble.items():
            setattr(upstream, name, value)

        answer = ask(asking, BULK, {"ms": ["2.0.0"]})

        assert (answer.status, answer.reason) == (503, "unavailable")
        assert b"ms" not in answer.body

    def test_given_nobody_there_then_503(self, app_with: AppWith) -> None:
        shop = shop_with(app_with, NPM_AUDIT="forward", NPM_AUDIT_URL="http://127.0.0.1:1")

        assert ask(shop, BULK, {"ms": ["2.0.0"]}).status == 503


class TestBodies:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"\xff", b"[" * 500_000], ids=lambda body: repr(body[:9])
    )
    def test_given_what_npm_never_sends_then_400(self, asking: Workshop, body: bytes) -> None:
        assert ask(asking, BULK, body).status == 400
        assert ask(asking, QUICK, body, packed=False).status == 400

    def test_given_a_body_that_unpacks_to_far_more_then_413_before_it_does(self, asking: Workshop) -> None:
        packing = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = bytes(1024 * 1024)
        bomb = b"".join(packing.compress(block) for _ in range(100)) + packing.flush()
        assert len(bomb) < 1024 * 1024
        url = f"/npm/{asking.project}/-/{BULK}"

        answer = asking.reader.request("POST", url, data=bomb, headers={"Content-Encoding": "gzip"})

        assert (answer.status, answer.reason) == (413, "too_large")
        assert answer.data["error"] == "the body may have 4194304 bytes unpacked"

    @pytest.mark.parametrize("packed", [b"no gzip", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"x"])
    def test_given_a_gzip_that_is_none_then_400(self, asking: Workshop, packed: bytes) -> None:
        url = f"/npm/{asking.project}/-/{BULK}"

        answer = asking.reader.request("POST", url, data=packed, headers={"Content-Encoding": "gzip"})

        assert (answer.status, answer.reason) == (400, "malformed")

    def test_given_another_coding_then_415(self, asking: Workshop) -> None:
        url = f"/npm/{asking.project}/-/{BULK}"

        answer = asking.reader.request("POST", url, data=b"x", headers={"Content-Encoding": "br"})

        assert answer.status == 415
