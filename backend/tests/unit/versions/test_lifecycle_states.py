"""Versions in states that an upload alone does not reach: waiting for bytes, activated."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import sha256
from tests.support.registry import Workshop
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import Status, Version

MakeVersion = Callable[[str, Status], None]


@pytest.fixture
def put_in_state(app: Flask, shop: Workshop) -> MakeVersion:
    """Bring a version of the workshop's package into a state, making it if need be."""

    def put(name: str, status: Status) -> None:
        with app.app_context(), transaction() as tx:
            statement = select(Package.id).where(Package.name == shop.package)
            package_id = tx.session.execute(statement).scalar_one()
            row = tx.session.execute(
                select(Version).where(Version.package_id == package_id, Version.version == name)
            ).scalar_one_or_none()
            if row is None:
                row = Version(package_id=package_id, version=name, created_at=clock.now())
                tx.session.add(row)
            row.status = status.value

    return put


class TestWaiting:
    @pytest.fixture(autouse=True)
    def waiting(self, put_in_state: MakeVersion) -> None:
        put_in_state("1.0.0", Status.CREATED)

    def test_given_a_version_without_bytes_then_it_is_shown_with_artifact_id_null(
        self, shop: Workshop
    ) -> None:
        data = shop.reader.get(shop.url("/versions/1.0.0")).ok().data

        assert (data["artifact_id"], data["status"], data["version_source"]) == (None, "created", None)

    @pytest.mark.parametrize("ref", ["version:1.0.0", "1.0.0", "latest", "version:^1.0"])
    def test_given_a_version_without_bytes_then_there_is_nothing_to_download(
        self, shop: Workshop, ref: str
    ) -> None:
        assert shop.download(ref).status == 404

    def test_given_a_version_without_bytes_then_latest_is_the_one_below(self, shop: Workshop) -> None:
        shop.upload(b"older", version="0.9.0").ok()

        resolved = shop.reader.get(shop.url("/resolve"), query={"ref": "latest"}).ok().data

        assert resolved["version"] == "0.9.0"
        assert resolved["excluded"] == [{"version": "1.0.0", "why": "no_bytes"}]

    def test_given_a_version_without_bytes_then_no_tag_can_point_at_it(self, shop: Workshop) -> None:
        answer = shop.writer.request("PUT", shop.url("/tags/stable"), json={"version": "1.0.0"})

        assert answer.status == 404

    def test_given_an_upload_that_names_it_then_it_is_filled_and_keeps_its_id(self, shop: Workshop) -> None:
        before = shop.reader.get(shop.url("/versions/1.0.0")).data

        shop.upload(b"bytes", version="1.0.0").ok()

        after = shop.reader.get(shop.url("/versions/1.0.0")).data
        assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
        assert (after["artifact_id"], after["status"]) == (sha256(b"bytes"), "downloaded")
        assert shop.download("version:1.0.0").body == b"bytes"

    def test_given_a_file_name_that_names_it_then_it_is_filled_too(self, shop: Workshop) -> None:
        shop.upload(b"bytes", "app-1.0.0.tar.gz").ok()

        assert shop.download("version:1.0.0").body == b"bytes"

    def test_given_a_version_without_bytes_then_it_can_be_deleted_and_its_name_is_free(
        self, shop: Workshop
    ) -> None:
        shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

        assert shop.upload(b"any bytes", version="1.0.0").status == 200


class TestActivated:
    @pytest.fixture(autouse=True)
    def activated(self, shop: Workshop, put_in_state: MakeVersion) -> None:
        shop.upload(b"in use", version="1.0.0").ok()
        shop.upload(b"newer", version="2.0.0").ok()
        put_in_state("1.0.0", Status.ACTIVATED)

    def test_given_an_activated_version_then_active_gives_its_bytes_and_is_asked_again_each_time(
        self, shop: Workshop
    ) -> None:
        answer = shop.download("active")

        assert answer.body == b"in use"
        assert "no-cache" in answer.headers["Cache-Control"]

    def test_given_an_activated_version_then_deleting_it_is_a_conflict_and_it_stays(
        self, shop: Workshop
    ) -> None:
        answer = shop.maintainer.delete(shop.url("/versions/1.0.0"))

        assert (answer.status, answer.reason) == (409, "conflict")
        assert shop.download("version:1.0.0").body == b"in use"

    def test_given_an_activated_version_then_an_upload_of_the_same_bytes_leaves_it_activated(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"in use", version="1.0.0").ok()

        assert shop.reader.get(shop.url("/versions/1.0.0")).data["status"] == "activated"

    def test_given_a_version_called_active_then_the_bare_name_still_means_the_activated_one(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"a misleading name", version="active").ok()

        assert shop.download("active").body == b"in use"
        assert shop.download("version:active").body == b"a misleading name"
