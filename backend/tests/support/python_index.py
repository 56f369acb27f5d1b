"""An index of Python packages as its clients see it, and distributions that are made in memory."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Answer, ApiClient
from tests.support.forms import BOUNDARY, Part, encoded
from tests.support.registry import Workshop
from tests.unit.formats.samples import tar_gz, zipped

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"


def core_metadata(name: str, version: str, **more: str) -> bytes:
    """Return METADATA; of a keyword `requires_python` becomes `Requires-Python`."""
    fields = {"Metadata-Version": "2.1", "Name": name, "Version": version}
    fields |= {key.replace("_", "-").title(): value for key, value in more.items()}
    return "".join(f"{key}: {value}\n" for key, value in fields.items()).encode() + b"\nA README.\n"


@dataclass(frozen=True, slots=True)
class PythonDistribution:
    """A file that says it is a version of a project."""

    filename: str
    data: bytes
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return hashlib.sha256(self.data).hexdigest()


def wheel_of(
    name: str = "Hello_H7", version: str = "1.0", content: bytes = b"", **more: str
) -> PythonDistribution:
    """Return a wheel that can be installed."""
    spelled = name.replace("-", "_").replace(".", "_").lower()
    info = f"{spelled}-{version}.dist-info"
    files = {
        f"{spelled}/__init__.py": content,
        f"{info}/METADATA": core_metadata(name, version, **more),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    data = zipped({**files, f"{info}/RECORD": record.encode()})
    return PythonDistribution(
        f"{spelled}-{version}-py3-none-any.whl", data, {"name": name, "version": version}
    )


def sdist_of(name: str = "Hello_H7", version: str = "1.0", **more: str) -> PythonDistribution:
    """Return a source distribution."""
    spelled = name.replace("-", "_").lower()
    data = tar_gz({f"{spelled}-{version}/PKG-INFO": core_metadata(name, version, **more)})
    return PythonDistribution(f"{spelled}-{version}.tar.gz", data, {"name": name, "version": version})


def form_of(distribution: PythonDistribution, *extra: Part, **fields: str | None) -> list[Part]:
    """Return the form that twine sends: text first, the file last. None leaves a field out."""
    said: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "filetype": "bdist_wheel" if distribution.filename.endswith(".whl") else "sdist",
        "sha256_digest": distribution.digest,
        "md5_digest": hashlib.md5(distribution.data, usedforsecurity=False).hexdigest(),
        "blake2_256_digest": hashlib.blake2b(distribution.data, digest_size=32).hexdigest(),
        **distribution.fields,
        **fields,
    }
    texts = [Part(name, value.encode()) for name, value in said.items() if value is not None]
    file = Part("content", distribution.data, distribution.filename.encode(), "application/octet-stream")
    return [*texts, *extra, file]


@dataclass(frozen=True, slots=True)
class PythonIndex:
    """The index of a workshop's project."""

    shop: Workshop

    @property
    def base(self) -> str:
        """Where it is."""
        return f"/pypi/{self.shop.project}"

    def send(self, parts: list[Part], client: ApiClient | None = None, url: str = "/legacy/") -> Answer:
        """Send a form."""
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        sender = client or self.shop.writer
        return sender.post(f"{self.base}{url}", data=encoded(*parts), headers={"Content-Type": kind})

    def publish(self, distribution: PythonDistribution, *extra: Part, **fields: str | None) -> Answer:
        """Publish a distribution as the writer."""
        return self.send(form_of(distribution, *extra, **fields))

    def get(self, rest: str, client: ApiClient | None = None, **headers: str) -> Answer:
        """Ask as the reader; `If_None_Match` is If-None-Match."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return (client or self.shop.reader).get(f"{self.base}{rest}", headers=said)

    def page(self, name: str = "hello-h7") -> dict[str, Any]:
        """Return the page of a project as JSON."""
        return self.get(f"/simple/{name}/", Accept=JSON).ok().data

    def files(self, name: str = "hello-h7") -> dict[str, dict[str, Any]]:
        """Return the files of a project by their names."""
        return {each["filename"]: each for each in self.page(name)["files"]}
