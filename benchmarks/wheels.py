"""Wheels made on the fly: as builders make them, without dependencies, with as many bytes as are wanted."""

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: benchmark\nRoot-Is-Purelib: true\nTag: {}-none-any\n"
DAY = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SampleWheel:
    """A wheel in a folder, with what a form of its upload says."""

    path: Path
    name: str
    version: str
    python: str
    sha256: str

    @property
    def fields(self) -> dict[str, str]:
        """What twine says beside the file, as far as servers look at it."""
        return {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.1",
            "filetype": "bdist_wheel",
            "pyversion": self.python,
            "name": self.name,
            "version": self.version,
            "sha256_digest": self.sha256,
        }


def made(folder: Path, name: str, version: str, size_bytes: int = 0, python: str = "py3") -> SampleWheel:
    """Make a wheel with one module, and random bytes beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": b"",
        f"{name}/data.bin": os.urandom(size_bytes),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Requires-Python: >=3.8\nSummary: A wheel of the benchmark\n\n{'A README. ' * 200}\n".encode(),
        f"{info}/WHEEL": WHEEL.format(python).encode(),
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    path = folder / f"{name}-{version}-{python}-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(entry, DAY), content)
    return SampleWheel(path, name, version, python, hashlib.sha256(path.read_bytes()).hexdigest())
