"""A package with five hundred versions is shown with three statements, and without reading its documents."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.crowds import put
from tests.support.node_registry import ABBREVIATED, NodeRegistry, package_of
from tests.support.statements import recorded
from tests.unit.npm.conftest import upload
from wxcloudrun.formats.npm_manifest import TarballDigests, read_npm_manifest, version_documents
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import DocumentKind, FileDocument, Status, Version, VersionFile

VERSIONS = 500
FORMS = (ABBREVIATED, "application/json")


@pytest.fixture
def large(app: Flask, registry: NodeRegistry) -> NodeRegistry:
    """A package with five hundred versions, of thirty dependencies each."""
    upload(registry, package_of("lib", "0.1.0"), tag="latest")
    with app.app_context():
        fill()
    return registry


def fill() -> None:
    """Put versions, files and documents into the only package of npm's format."""
    now, digest = clock.now(), package_of("lib", "0.1.0").digest
    with reading() as session:
        package = session.execute(select(Package.id).where(Package.name == "lib")).scalar_one()
    made = {"package_id": package, "status": Status.DOWNLOADED.value, "files_count": 1, "created_at": now}
    put(Version, ({**made, "version": f"1.{number}.0"} for number in range(VERSIONS)))
    with reading() as session:
        new = select(Version.id, Version.version).where(Version.package_id == package)
        named = session.execute(new.where(Version.version != "0.1.0")).all()
    held = {"package_id": package, "artifact_id": digest, "deposited_at": now}
    put(
        VersionFile,
        ({**held, "version_id": each.id, "filename": f"lib-{each.version}.tgz"} for each in named),
    )
    with reading() as session:
        added = select(VersionFile.id, VersionFile.filename).where(VersionFile.original_name.is_(None))
        files = session.execute(added.where(VersionFile.package_id == package)).all()
    put(FileDocument, (row for each in files for row in documents(each.id, each.filename[4:-4])))


def documents(file_id: int, version: str) -> list[dict[str, object]]:
    """Return the rows of the documents of a version."""
    dependencies = {f"dependency-{number}": f"^{number}.0.0" for number in range(30)}
    manifest = {"name": "lib", "version": version, "dependencies": dependencies, "description": "x" * 200}
    made = version_documents(
        read_npm_manifest(json.dumps(manifest).encode()), TarballDigests(bytes(64), "0" * 40)
    )
    kinds = {DocumentKind.MANIFEST: made.full, DocumentKind.ABBREVIATED: made.abbreviated}
    return [{"file_id": file_id, "kind": kind.value, "content": text} for kind, text in kinds.items()]


@pytest.mark.parametrize("form", FORMS)
def test_given_many_versions_then_the_document_takes_three_statements_and_so_does_304(
    large: NodeRegistry, form: str
) -> None:
    with recorded() as statements:
        answer = large.get("/lib", Accept=form).ok()

    assert len(answer.data["versions"]) == len(answer.data["time"]) - 2 == VERSIONS + 1
    assert list(answer.data["versions"])[:2] == ["0.1.0", "1.0.0"]
    assert len(statements) <= 3, "\n\n".join(statements)

    with recorded() as statements:
        kept = large.get("/lib", Accept=form).ok()
    assert (kept.body, len(statements)) == (answer.body, 3)
    assert kept.headers["ETag"] == answer.headers["ETag"]
    assert kept.headers["Content-Type"] == answer.headers["Content-Type"]

    with recorded() as statements:
        again = large.get("/lib", Accept=form, If_None_Match=answer.headers["ETag"])
    assert (again.status, len(statements), again.body) == (304, 3, b"")


@pytest.mark.parametrize("form", FORMS)
def test_given_many_versions_then_nothing_is_parsed(
    large: NodeRegistry, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[object] = []
    before = json.loads

    def counted(text: object, **options: object) -> object:
        parsed.append(text)
        return before(text, **options)  # type: ignore[arg-type]  # handed on as they come

    monkeypatch.setattr(json, "loads", counted)
    large.get("/lib", Accept=form).ok()

    assert len(parsed) <= 1, "the test's own client reads the answer"
