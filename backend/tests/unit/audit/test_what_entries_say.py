"""What the entries of changes say of what has changed."""

from flask import Flask
from sqlalchemy import delete

from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.audit.conftest import entries
from wxcloudrun.kit.db import transaction
from wxcloudrun.versions.models import VersionFile
from wxcloudrun.versions.service.recount import FileCounts

RELEASES = "/api/v1/packages"


def of(root: ApiClient, shop: Workshop, version: str) -> list[tuple[str, object, object]]:
    """Return what the log says of a version: action, before, after."""
    path = f"project/{shop.project}/package/{shop.package}/version/{version}"
    return [(each["action"], each["before"], each["after"]) for each in entries(root, object=path)]


def test_given_a_first_file_then_the_version_is_made_and_the_file_added_by_its_name(
    root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", "one.bin", version="1.0.0").ok()

    assert of(root, shop, "1.0.0") == [
        ("version.made", None, {"source": "explicit"}),
        ("file.added", None, {"filename": "one.bin", "artifact_id": sha256(b"one")}),
    ]


def test_given_a_file_for_a_version_that_is_there_then_none_is_made(root: ApiClient, shop: Workshop) -> None:
    release = {"name": shop.package, "version": "1.0.0", "project": shop.project}
    shop.writer.post(RELEASES, release).ok()
    shop.upload(b"one", "one.bin", version="1.0.0").ok()

    assert [each[0] for each in of(root, shop, "1.0.0")] == ["release.created", "file.added"]


def test_given_a_deleted_version_then_its_files_are_named(root: ApiClient, shop: Workshop) -> None:
    shop.writer.patch(f"/api/v1/project/{shop.project}/packages/{shop.package}", {"layout": "files"}).ok()
    names = [f"{number}-{'x' * 200}.bin" for number in range(12)]
    for name in names:
        shop.upload(name.encode(), name, version="1.0.0").ok()
    shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

    action, before, _ = of(root, shop, "1.0.0")[-1]

    assert action == "version.deleted"
    assert before == {
        "artifact_id": None,
        "files_count": 12,
        "files": [
            {"filename": f"{name[:199]}…", "artifact_id": sha256(name.encode())} for name in names[:10]
        ],
    }


def test_given_another_release_is_activated_then_the_one_before_says_so(
    root: ApiClient, shop: Workshop
) -> None:
    for version in ("1.0.0", "2.0.0"):
        shop.upload(version.encode(), version=version).ok()
        found = shop.reader.get(shop.url(f"/versions/{version}")).ok().data
        shop.maintainer.post(f"{RELEASES}/{found['id']}/activate").ok()

    assert of(root, shop, "1.0.0")[-1] == (
        "release.deactivated", {"activated": "1.0.0"}, {"activated": "2.0.0"},
    )  # fmt: skip
    assert of(root, shop, "2.0.0")[-1][0] == "release.activated"


def test_given_a_repair_of_the_count_of_files_then_the_version_says_so(
    app: Flask, root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", version="1.0.0").ok()
    release = shop.reader.get(shop.url("/versions/1.0.0")).ok().data["id"]
    shop.maintainer.post(f"{RELEASES}/{release}/activate").ok()
    lose_files(app)

    with app.app_context():
        assert FileCounts().recount(release)
        assert not FileCounts().recount(release)

    assert of(root, shop, "1.0.0")[-1] == (
        "version.recounted",
        {"files_count": 1, "status": "activated"},
        {"files_count": 0, "status": "created"},
    )


def lose_files(app: Flask) -> None:
    """Let the rows of files be lost, as by hand."""
    with app.app_context(), transaction() as tx:
        tx.session.execute(delete(VersionFile))


def test_given_a_change_of_one_property_then_the_log_says_that_pair_alone(
    root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", version="1.0.0").ok()
    pairs = {f"name-{number}": "x" * 256 for number in range(32)}
    shop.writer.patch(shop.url("/versions/1.0.0"), {"properties": pairs}).ok()
    shop.writer.patch(shop.url("/versions/1.0.0"), {"properties": {**pairs, "name-7": "y"}}).ok()

    first, second = of(root, shop, "1.0.0")[-2:]

    assert first[1] == {"properties": {}}
    assert isinstance(first[2], dict)
    assert set(first[2]["properties"]) == set(pairs)
    assert second[1:] == (
        {"properties": {"name-7": "x" * 199 + "…"}},
        {"properties": {"name-7": "y"}},
    )
