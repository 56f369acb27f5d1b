"""Packages of Node made on the fly, in the documents that `npm publish` sends."""

import base64
import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

README = "A README. " * 200
DEPENDENCIES = 8


@dataclass(frozen=True, slots=True)
class SamplePublication:
    """A document in a folder, with the tarball of a version in it."""

    path: Path
    name: str


def made(folder: Path, name: str, version: str, size_bytes: int = 0) -> SamplePublication:
    """Make a version with random bytes in it."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = manifest_of(name, version, DEPENDENCIES if not size_bytes else 0)
    tarball = packed({"package.json": json.dumps(manifest).encode(), "data.bin": os.urandom(size_bytes)})
    filename = f"{name}-{version}.tgz"
    integrity = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    dist = {
        "integrity": f"sha512-{integrity}",
        "shasum": hashlib.sha1(tarball, usedforsecurity=False).hexdigest(),
        "tarball": f"http://127.0.0.1/{name}/-/{filename}",
    }
    document = {
        "_id": name,
        "name": name,
        "description": manifest["description"],
        "dist-tags": {"latest": version},
        "versions": {version: {**manifest, "_id": f"{name}@{version}", "readme": README, "dist": dist}},
        "access": None,
        "_attachments": {
            filename: {
                "content_type": "application/octet-stream",
                "data": base64.b64encode(tarball).decode(),
                "length": len(tarball),
            }
        },
    }
    path = folder / f"{name}-{version}.json"
    path.write_text(json.dumps(document))
    return SamplePublication(path, name)


def manifest_of(name: str, version: str, dependencies: int) -> dict[str, Any]:
    """Return a package.json as long as most are."""
    return {
        "name": name,
        "version": version,
        "description": "A package of the benchmark",
        "main": "index.js",
        "license": "MIT",
        "author": {"name": "Somebody", "email": "somebody@example.com"},
        "repository": {"type": "git", "url": f"git+https://git.example.com/somebody/{name}.git"},
        "homepage": f"https://git.example.com/somebody/{name}#readme",
        "keywords": ["benchmark", "packages", "versions"],
        "engines": {"node": ">=18"},
        "scripts": {"build": "tsc -p .", "lint": "eslint src", "test": "vitest run"},
        "dependencies": {f"dependency-{number}": f"^{number}.2.0" for number in range(dependencies)},
    }


def packed(files: dict[str, bytes]) -> bytes:
    """Return a tarball, barely compressed: random bytes cannot be."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()
