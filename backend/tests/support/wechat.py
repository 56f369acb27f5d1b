"""WeChat as tests need it: recipes of its answers, and a server that plays its part over a socket."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

APPID = "wx0123456789abcdef"
SECRET = "the-secret-of-the-mini-program-which-nobody-sees"
BASE = "https://wechat.example"
URL = f"{BASE}/sns/jscode2session"
SETTINGS = {"WX_APPID": APPID, "WX_SECRET": SECRET, "WX_API_BASE": BASE}
SESSION_KEY = "c2Vzc2lvbi1rZXktb2Ytd2VjaGF0"
OPENID = "oXyZ-0123456789_abcdefABCDEF"
UNIONID = "uXyZ-0123456789_abcdefABCDEF"


def person(openid: str = OPENID, unionid: str | None = None) -> dict[str, Any]:
    """Return what WeChat says of somebody; only publishers with several programs get a unionid."""
    found: dict[str, Any] = {"openid": openid, "session_key": SESSION_KEY}
    if unionid is not None:
        found["unionid"] = unionid
    return found


def refusal(errcode: int) -> dict[str, Any]:
    """Return how WeChat refuses: with status 200, like everything that it says."""
    return {"errcode": errcode, "errmsg": f"refused, {SESSION_KEY}, rid: 65a0"}


@dataclass
class PlayedWechat:
    """A server that answers each code with what was prepared for it, and a good code once."""

    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, query: dict[str, str]) -> dict[str, Any]:
        """Play WeChat."""
        self.asked.append(query)
        prepared = self.answers.get(query.get("js_code", ""), [])
        if query.get("appid") != APPID or query.get("secret") != SECRET:
            return refusal(40125)
        return prepared.pop(0) if prepared else refusal(40029)


@contextmanager
def played_wechat() -> Iterator[PlayedWechat]:
    """Run the server on a free port of this machine until the block ends."""
    played = PlayedWechat()

    class WeChatHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            known = parts.path == "/sns/jscode2session"
            body = json.dumps(played.answer(query) if known else refusal(-1)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")  # as the real one does
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), WeChatHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    played.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
