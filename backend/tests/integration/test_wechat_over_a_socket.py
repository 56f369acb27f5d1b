"""A whole login by WeChat over real sockets: a mini-program, our server, and one that plays WeChat."""

from pathlib import Path

from tests.support import wechat
from tests.support.live import live_server


def wechat_at(url: str) -> dict[str, str]:
    """Return settings with which the service asks WeChat there and logs everything."""
    return {**wechat.SETTINGS, "WX_API_BASE": url, "LOG_LEVEL": "DEBUG"}


def test_given_a_server_that_plays_wechat_then_people_come_and_go(tmp_path: Path) -> None:
    with (
        wechat.played_wechat() as played,
        live_server(tmp_path / "data", **wechat_at(played.url)) as server,
    ):
        client = server.client()
        played.answers = {
            "first": [wechat.person(unionid=wechat.UNIONID)],
            "busy": [wechat.refusal(-1), wechat.person()],
            "blocked": [wechat.refusal(40226)],
        }

        def log_in(code: str) -> tuple[int, object]:
            answer = client.post("/api/v1/auth/wechat", {"code": code})
            return answer.status, answer.data.get("user", {}).get("id")

        status, user_id = log_in("first")
        assert status == 200
        assert log_in("busy") == (200, user_id)
        assert log_in("first") == (401, None), "a code is good for one login"
        assert log_in("blocked") == (403, None)
        assert {tuple(sorted(query)) for query in played.asked} == {
            ("appid", "grant_type", "js_code", "secret")
        }
        log = "\n".join(server.log_lines())
        assert "/api/v1/auth/wechat" in log
        for secret in (wechat.SECRET, wechat.SESSION_KEY, wechat.OPENID, "first"):
            assert secret not in log


def test_given_a_wechat_that_is_not_there_then_503(tmp_path: Path) -> None:
    settings = {**wechat.SETTINGS, "WX_API_BASE": "http://127.0.0.1:9"}
    with live_server(tmp_path / "data", **settings) as server:
        answer = server.client().post("/api/v1/auth/wechat", {"code": "code"})

    assert (answer.status, answer.reason) == (503, "unavailable")
