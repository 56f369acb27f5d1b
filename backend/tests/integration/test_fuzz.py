"""The running service against its own description: no 5xx, no status and no answer that is not described.

`make fuzz` does the same for longer: FUZZ_EXAMPLES requests of each operation in each phase.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import wechat
from tests.support.live import BACKEND, LiveServer, live_server

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
SEED = os.environ.get("FUZZ_SEED", "20261121")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
IS_LONG = EXAMPLES > 1
LONG_PHASES, SHORT_PHASES = "examples,coverage,fuzzing,stateful", "examples,fuzzing"
# Every form of every request takes two minutes: once is enough for whoever may do everything.
PHASES = {"administrator": "examples,coverage,fuzzing"}
OFF = {
    f"RATELIMIT_{name}": "off"
    for name in ("LOGIN", "LOGIN_ACCOUNT", "LOGIN_ADDRESS", "REGISTER", "WECHAT", "REFRESH")
}
PASSWORD = "a long password"


@dataclass(frozen=True, slots=True)
class FuzzTarget:
    """A service with something in it, and the credentials of those who will call it."""

    server: LiveServer
    tokens: dict[str, str]
    environ: dict[str, str]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzTarget]:
    """A service that holds what the examples of its description name."""
    settings = {**OFF, **wechat.SETTINGS, "ACCESS_TOKEN_SECONDS": "86400", "MAX_UPLOAD_BYTES": "100000"}
    with wechat.played_wechat() as played:
        settings["WX_API_BASE"] = played.url
        with live_server(tmp_path_factory.mktemp("fuzzed"), **settings) as server:
            yield prepared(server)


def prepared(server: LiveServer) -> FuzzTarget:
    """Fill the service, and log everybody in."""
    anonymous, admin = server.client(), server.administrator()
    made = admin.post(
        "/api/v1/users", {"username": "grace", "email": "grace@example.com", "password": PASSWORD}
    )
    for project, is_public in (("tools", False), ("open", True)):
        admin.post("/api/v1/projects", {"name": project, "is_public": is_public}).ok()
        admin.post(f"/api/v1/project/{project}/packages", {"name": "hammer"}).ok()
        member = f"/api/v1/project/{project}/members/{made.data['id']}"
        admin.request("PUT", member, json={"role": "writer"}).ok()
        for version in ("1.0.0", "1.2.3"):
            url = f"/api/v1/project/{project}/hammer/upload/hammer-{version}.txt"
            admin.put(url, f"hammer {version}\n".encode(), query={"tag": "stable"}).ok()

    for owner in ({"project": "tools", "role": "writer"}, {}):
        admin.post("/api/v1/service-accounts", {"name": "ci", **owner}).ok()

    def log_in(email: str, password: str) -> str:
        tokens = anonymous.post("/api/v1/auth/login", {"email": email, "password": password}).ok()
        return str(tokens.data["access_token"])

    anonymous.post("/api/v1/auth/register", {"email": "heidi@example.com", "password": PASSWORD}).ok()
    administrator = (server.environ["ADMIN_EMAIL"], server.environ["ADMIN_PASSWORD"])
    environ = {
        "FUZZ_LOGIN_TO_END": log_in("heidi@example.com", PASSWORD),
        "FUZZ_KEY_TO_END": str(admin.post("/api/v1/auth/keys", {"name": "to end"}).ok().data["key"]),
    }
    tokens = {"administrator": log_in(*administrator), "user": log_in("grace@example.com", PASSWORD)}
    return FuzzTarget(server, tokens, environ)


@pytest.mark.parametrize("caller", ["administrator", "user", "anonymous"])
def test_given_a_caller_when_everything_is_tried_then_the_service_is_as_described(
    target: FuzzTarget, caller: str, tmp_path: Path
) -> None:
    examples = str(EXAMPLES)
    command: list[str | Path] = [
        SCHEMATHESIS,
        "run",
        f"{target.server.url}/api/openapi.json",
        "--no-color",
        "--checks=all",
    ]
    phases = LONG_PHASES if IS_LONG else PHASES.get(caller, SHORT_PHASES)
    command += [f"--phases={phases}", f"--max-examples={examples}", f"--seed={SEED}"]
    command += ["--generation-database=none"]
    if caller in target.tokens:
        command += ["--header", f"Authorization: Bearer {target.tokens[caller]}"]
    environ = {**os.environ, **target.environ, "PYTHONPATH": str(BACKEND), "HOME": str(tmp_path)}
    if caller not in target.tokens:
        environ["FUZZ_STRANGER"] = "true"

    done = subprocess.run(command, cwd=BACKEND, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2000:]
    assert "internal" not in {line for line in target.server.log_lines() if "unhandled_error" in line}
