"""A real Chromium without a window, driven over its DevTools protocol."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket

SECONDS = 60
NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoBrowser(Exception):
    """There is no Chromium here, and it cannot be had; the message says why."""


class Tab:
    """One page, and everything that it asked for and complained about."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=SECONDS, suppress_origin=True)
        self._ids = itertools.count(1)
        self.requested: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile is noted."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])
            self._note(message.get("method"), message.get("params", {}))

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requested.append(told["request"]["url"])
        elif event == "Log.entryAdded" and told["entry"]["level"] in {"warning", "error"}:
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"])[:500])
        elif event == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning"}:
            self.complaints.append(json.dumps(told["args"])[:500])

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Return the value of an expression as soon as it is true."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if value := self.evaluate(script):
                return value
            time.sleep(0.1)
        raise AssertionError(f"never true: {script}; {self.complaints}")

    def close(self) -> None:
        """Let go of the page."""
        self._socket.close()

    def open(self, url: str) -> None:
        """Load a page."""
        self.call("Page.navigate", url=url)


def found_browser() -> str:
    """Return Chromium, installed if need be and possible. Raises NoBrowser."""
    if here := next(filter(None, map(shutil.which, NAMES)), None):
        return here
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoBrowser("chromium is not installed")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=300)
    if done.returncode or (here := shutil.which("chromium")) is None:
        raise NoBrowser("chromium could not be installed")
    return here


@contextlib.contextmanager
def opened_tab() -> Iterator[Tab]:
    """Start Chromium with a profile of its own, give a tab, and end it. Raises NoBrowser."""
    browser = found_browser()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--no-first-run", "--disable-background-networking", "--disable-extensions"]
        command += [f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                with contextlib.closing(Tab(tab_address(Path(profile)))) as tab:
                    yield tab
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(15)
                process.kill()


def tab_address(profile: Path) -> str:
    """Return where the first tab listens, as soon as Chromium has written down its port."""
    told = profile / "DevToolsActivePort"
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if told.exists() and len(lines := told.read_text().splitlines()) == 2:
            return first_page(f"ws://127.0.0.1:{lines[0]}{lines[1]}", int(lines[0]))
        time.sleep(0.1)
    raise NoBrowser("chromium did not start")


def first_page(address: str, port: int) -> str:
    """Ask the browser for its page."""
    browser = websocket.create_connection(address, timeout=SECONDS, suppress_origin=True)
    deadline = time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
            targets = json.loads(browser.recv())["result"]["targetInfos"]
            if pages := [each["targetId"] for each in targets if each["type"] == "page"]:
                return f"ws://127.0.0.1:{port}/devtools/page/{pages[0]}"
            time.sleep(0.1)
    finally:
        browser.close()
    raise NoBrowser("chromium has no page")
