"""A project with ten thousand files is shown with three statements at most."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.crowds import put
from tests.support.python_index import HTML, JSON, PythonIndex, sdist_of
from tests.support.statements import recorded
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import FileFacts, Status, Version, VersionFile

VERSIONS, FILES = 500, 20  # in each version


@pytest.fixture
def large(app: Flask, index: PythonIndex) -> PythonIndex:
    """A project with ten thousand files."""
    index.publish(sdist_of(version="0.1")).ok()
    with app.app_context():
        fill()
    return index


def fill() -> None:
    """Put versions, files and what they say into the only package of PyPI's format."""
    now, digest = clock.now(), sdist_of(version="0.1").digest
    with reading() as session:
        package = session.execute(select(Package.id).where(Package.name == "hello-h7")).scalar_one()
    made = {
        "package_id": package, "status": Status.DOWNLOADED.value, "files_count": FILES, "created_at": now,
    }  # fmt: skip
    put(Version, ({**made, "version": f"1.{number}"} for number in range(VERSIONS)))
    with reading() as session:
        named = session.execute(
            select(Version.id, Version.version).where(Version.package_id == package, Version.version != "0.1")
        ).all()
    held = {"package_id": package, "artifact_id": digest, "deposited_at": now}
    put(
        VersionFile,
        (
            {**held, "version_id": each.id, "filename": f"hello_h7-{each.version}-cp3{number}-none-any.whl"}
            for each in named
            for number in range(FILES)
        ),
    )
    with reading() as session:
        added = select(VersionFile.id).where(VersionFile.original_name.is_(None))
        files = session.execute(added.where(VersionFile.package_id == package)).scalars().all()
    facts = {"summary": "A summary", "requires": ">=3.8", "document_digest": digest}
    put(FileFacts, ({**facts, "file_id": each} for each in files))


@pytest.mark.parametrize("form", [JSON, HTML])
def test_given_ten_thousand_files_then_the_page_takes_three_statements_and_so_does_304(
    large: PythonIndex, form: str
) -> None:
    with recorded() as statements:
        answer = large.get("/simple/hello-h7/", Accept=form).ok()

    assert answer.body.count(b"-none-any.whl") >= VERSIONS * FILES
    assert len(statements) <= 3, "\n\n".join(statements)

    with recorded() as statements:
        kept = large.get("/simple/hello-h7/", Accept=form).ok()
    assert (kept.body, len(statements)) == (answer.body, 3)
    assert kept.headers["ETag"] == answer.headers["ETag"]

    with recorded() as statements:
        again = large.get("/simple/hello-h7/", Accept=form, If_None_Match=answer.headers["ETag"])
    assert (again.status, len(statements), again.body) == (304, 3, b"")
