"""Programs that go by the end of an address: pip installs from one, curl saves under it."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.unit.formats.samples import zipped

NAME = "h7_named-3.0.2-py3-none-any.whl"


def wheel() -> bytes:
    """Return a wheel with one module."""
    info = "h7_named-3.0.2.dist-info"
    files = {
        "h7_named.py": "ANSWER = 42\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: h7-named\nVersion: 3.0.2\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={digest_of(content)},{len(content)}\n" for name, content in files.items()
    )
    written = {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}
    return zipped({name: content.encode() for name, content in written.items()})


def digest_of(content: str) -> str:
    """Write a digest as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def url(admin: ApiClient, package_url: str) -> str:
    """Where the service says that the wheel is."""
    admin.put(f"{package_url}/upload/{NAME}", wheel()).ok()
    shown = admin.get(f"{package_url}/versions/3.0.2").ok().data
    assert shown["url"].endswith(f"{package_url}/+/version:3.0.2/{NAME}")
    return str(shown["url"])


def test_given_the_address_of_a_wheel_then_pip_installs_it(
    server: LiveServer, admin_token: str, url: str, tmp_path: Path
) -> None:
    known = url.replace("http://", f"http://any:{admin_token}@")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-cache-dir"]

    subprocess.run([*pip, "--target", str(tmp_path), known], check=True, capture_output=True, timeout=120)

    assert urlsplit(url).netloc == urlsplit(server.url).netloc
    assert (tmp_path / "h7_named.py").read_text() == "ANSWER = 42\n"
    assert (tmp_path / "h7_named-3.0.2.dist-info").is_dir()


def test_given_curl_then_it_saves_under_the_name(admin_token: str, url: str, tmp_path: Path) -> None:
    curl = ["curl", "-fsS", "-H", f"Authorization: Bearer {admin_token}", "-O", url]

    subprocess.run(curl, cwd=tmp_path, check=True, timeout=60)

    assert [each.name for each in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME).read_bytes() == wheel()
