"""nginx with the very configuration that docs/administration.md shows, before a server of the tests."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support.live import BACKEND, LiveServer, free_port

PAGE = BACKEND.parent / "docs" / "administration.md"
NAME = "registry.example.com"
START_SECONDS = 20
AROUND = """
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


def documented(port: int, target: int, folder: Path) -> str:
    """Return the page's server block, with ports and files of this test in the places of its own."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None, "the page shows no configuration of nginx"
    block = found[1]
    for theirs, ours in {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/registry.pem": f"{folder}/registry.pem",
        "/etc/ssl/registry.key": f"{folder}/registry.key",
        "http://127.0.0.1:8080": f"http://127.0.0.1:{target}",
    }.items():
        assert block.count(theirs) == 1, f"the page does not say {theirs}"
        block = block.replace(theirs, ours)
    return block


@contextlib.contextmanager
def documented_nginx(server: LiveServer, folder: Path) -> Iterator[int]:
    """Run it until the block ends, and give its port. Skips the test on a machine without nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("there is no nginx: apt-get install nginx-light")
    folder.mkdir(exist_ok=True)
    certificate = trustme.CA().issue_cert(NAME)
    certificate.private_key_pem.write_to_path(str(folder / "registry.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "registry.pem"))
    port = free_port()
    user = "user root;" if os.getuid() == 0 else ""  # its workers must be able to read the folder
    block = documented(port, server.port, folder)
    (folder / "nginx.conf").write_text(user + AROUND.format(folder=folder, server=block))
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", f"{folder}/nginx.conf"], stdout=log, stderr=log)
    try:
        wait_until_listening(port, process, folder)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=15)


def wait_until_listening(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Return when it takes connections; fail with its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError("nginx did not start:\n" + (folder / "nginx.log").read_text())
