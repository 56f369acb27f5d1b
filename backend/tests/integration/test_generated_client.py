"""A client that a public generator makes from the description alone: it logs in, uploads and downloads."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.client import ApiClient
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, BACKEND, LiveServer

INSTALL_SECONDS = 300
PYTHON = BACKEND / "venv_generator" / "bin" / "python"
# The type of a download is that of the upload, whatever it was; to the generator it is a file.
SETTINGS = 'content_type_overrides:\n  "*/*": application/octet-stream\npost_hooks: []\n'
STORY = """
import io, json, sys
from client import AuthenticatedClient, Client
from client.api.accounts import log_in
from client.api.downloads import download
from client.api.uploads import list_uploads, upload_form, upload_raw
from client.models import LoginIn, UploadFormBody
from client.types import File

url, email, password, project, package = sys.argv[1:]
login = log_in.sync(client=Client(base_url=url), body=LoginIn(email=email, password=password))
client = AuthenticatedClient(base_url=url, token=login.data.access_token)
raw = upload_raw.sync(
    project, package, "a-1.0.0.txt", client=client, body=File(io.BytesIO(b"from a body")), tag="stable"
)
form = upload_form.sync(
    project, package, client=client,
    body=UploadFormBody(file=File(io.BytesIO(b"from a form"), "a.txt", "text/plain"), version="2.0.0"),
)
same = download.sync(project, package, "tag:stable", client=client)
part = download.sync(project, package, "version:2.0.0", client=client, range_="bytes=5-")
absent = download.sync(project, package, "version:9", client=client)
taken = upload_raw.sync(
    project, package, "a.txt", client=client, body=File(io.BytesIO(b"other")), version="2.0.0"
)
print(json.dumps({
    "versions": [raw.data.version, form.data.version],
    "bytes": [same.payload.read().decode(), part.payload.read().decode()],
    "reasons": [absent.data.reason, taken.data.reason],
    "existing is what was uploaded": taken.data.existing == form.data.artifact_id,
    "uploads": len(list_uploads.sync(project, package, client=client).data.items),
}))
"""


@pytest.fixture(scope="module")
def generator() -> Path:
    """The generator, in an environment of its own."""
    try:
        done = subprocess.run(
            [BACKEND / "tools" / "setup-generator"], capture_output=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip("openapi-python-client: it took too long to install")
    if done.returncode:
        pytest.skip("openapi-python-client: it could not be installed")
    return PYTHON


def test_given_the_description_then_a_generated_client_works(
    generator: Path, server: LiveServer, admin: ApiClient, package_url: str, tmp_path: Path
) -> None:
    (tmp_path / "openapi.json").write_bytes(admin.get("/api/openapi.json").body)
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    generating: list[str | Path] = [
        generator,
        "-m",
        "openapi_python_client",
        "generate",
        "--path=openapi.json",
        "--meta=none",
    ]
    generating += ["--output-path=client", "--config=settings.yaml", "--fail-on-warning"]

    made = subprocess.run(generating, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout.upper(), made.stdout
    project, package = package_url.split("/")[-2:]
    telling: list[str | Path] = [
        generator,
        "-c",
        STORY,
        server.url,
        ADMIN_EMAIL,
        ADMIN_PASSWORD,
        project,
        package,
    ]
    told = subprocess.run(telling, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "versions": ["1.0.0", "2.0.0"],
        "bytes": ["from a body", "from a form"[5:]],
        "reasons": ["not_found", "version_taken"],
        "existing is what was uploaded": True,
        "uploads": 2,
    }
