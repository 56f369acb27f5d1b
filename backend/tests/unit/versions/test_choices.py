"""A choice is kept together with what stands for the versions among which it was made."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.support.statements import recorded
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.packages.models import Package
from wxcloudrun.versions import queries
from wxcloudrun.versions.models import Status, Version, VersionStamp
from wxcloudrun.versions.queries.stamps import content_now
from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import VersionCandidate

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


def package_id(shop: Workshop) -> int:
    """Return the id of the package."""
    with reading() as session:
        return session.execute(select(Package.id).where(Package.name == shop.package)).scalar_one()


def content(app: Flask, shop: Workshop) -> str:
    """Return what stands for the versions of the package."""
    with app.app_context():
        found = package_id(shop)
        with reading() as session:
            return content_now(session, found)


def what_can_be_chosen(app: Flask) -> list[tuple[int, bool, bool]]:
    """Return what decides in the rows about what is chosen."""
    with app.app_context(), reading() as session:
        rows = session.execute(select(Version).order_by(Version.id)).scalars()
        return [(row.id, row.files_count > 0, row.yanked_at is not None) for row in rows]


class TestInTheDatabase:
    def test_given_every_kind_of_change_then_what_stands_for_the_versions_changes(
        self, app: Flask, shop: Workshop
    ) -> None:
        versions = shop.url("/versions")
        package = f"/api/v1/project/{shop.project}/packages/{shop.package}"
        changes: list[Callable[[], Answer]] = [
            lambda: shop.upload(b"0", version="1.0.0"),
            lambda: shop.upload(b"1", version="1.1.0"),
            lambda: shop.maintainer.delete(f"{versions}/1.1.0"),
            lambda: shop.upload(b"1", version="1.1.0"),
            lambda: shop.writer.patch(f"{versions}/1.1.0", {"yanked": "broken"}),
            lambda: shop.writer.patch(f"{versions}/1.1.0", {"yanked": None}),
            lambda: shop.writer.post(
                "/api/v1/packages",
                {"project": shop.project, "name": shop.package, "version": "2.0.0"},
            ),
            lambda: shop.upload(b"2", version="2.0.0"),
            lambda: shop.writer.patch(package, {"layout": "files"}),
            lambda: shop.upload(b"more", "more.bin", version="2.0.0"),
            lambda: shop.maintainer.delete(f"{versions}/2.0.0/files/more.bin"),
            lambda: shop.maintainer.delete(f"{versions}/1.0.0/files/file.bin"),
        ]
        seen = {content(app, shop)}
        for number, change in enumerate(changes):
            before, rows = content(app, shop), what_can_be_chosen(app)
            change().ok()
            if what_can_be_chosen(app) != rows:
                assert content(app, shop) != before, number
                assert content(app, shop) not in seen, number
                seen.add(content(app, shop))

        assert len(seen) == 1 + 9

    def test_given_what_is_refused_or_only_said_of_it_then_what_stands_for_the_versions_stays(
        self, app: Flask, shop: Workshop
    ) -> None:
        shop.upload(b"0", version="1.0.0").ok()
        before = content(app, shop)

        assert shop.upload(b"other", version="1.0.0").status == 409
        shop.upload(b"0", version="1.0.0").ok()
        shop.upload(b"bare").ok()

        assert content(app, shop) == before

    @pytest.mark.one_process
    def test_given_many_versions_then_a_new_range_asks_for_as_many_statements_and_rows_as_for_one(
        self, shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wxcloudrun.versions.queries.arranged.FEWEST_KEPT", 1)
        for number in range(5):
            shop.upload(b"%d" % number, version=f"1.{number}.0").ok()
        shop.download("version:^1").ok()

        with recorded() as statements:
            shop.download("version:~1.2").ok()

        asked = [each for each in statements if "FROM versions" in each]
        assert all("versions.version = " in each for each in asked), "exact names, and never all versions"

    def test_given_a_package_without_a_stamp_then_its_first_change_gives_it_one(
        self, app: Flask, shop: Workshop
    ) -> None:
        with app.app_context(), transaction() as tx:
            tx.session.execute(delete(VersionStamp))
        shop.upload(b"1", version="1.0.0").ok()
        assert shop.download("latest").body == b"1"

        shop.upload(b"2", version="2.0.0").ok()

        assert shop.download("latest").body == b"2"

    def test_given_a_release_that_waits_then_its_bytes_make_it_the_latest(
        self, app: Flask, shop: Workshop
    ) -> None:
        shop.upload(b"old", version="1.0.0").ok()
        self.let_wait(app, shop, "2.0.0")
        assert shop.download("latest").body == b"old"

        shop.upload(b"new", version="2.0.0").ok()

        assert shop.download("latest").body == b"new"

    def test_given_nothing_that_fits_then_an_upload_that_does_is_found(self, shop: Workshop) -> None:
        shop.upload(b"1", version="1.0.0").ok()
        assert [shop.download("version:^2").status for _ in range(2)] == [404, 404]

        shop.upload(b"2", version="2.0.0").ok()

        assert shop.download("version:^2").body == b"2"

    def test_given_a_package_made_anew_under_its_name_then_it_has_its_own_versions(
        self, shop: Workshop, administrator: ApiClient
    ) -> None:
        shop.upload(b"old", version="1.0.0").ok()
        assert shop.download("latest").body == b"old"
        packages = f"/api/v1/project/{shop.project}/packages"
        shop.owner.delete(f"{packages}/{shop.package}", query={"force": "true"}).ok()
        administrator.post(packages, {"name": shop.package}).ok()
        assert shop.download("latest").status == 404

        shop.upload(b"new", version="0.1.0").ok()

        assert shop.download("latest").body == b"new"

    @staticmethod
    def let_wait(app: Flask, shop: Workshop, version: str, **values: int) -> None:
        """Make a version that has no bytes yet."""
        with app.app_context():
            row = Version(
                package_id=package_id(shop), version=version, status=Status.CREATED.value, created_at=MOMENT,
                **values,
            )  # fmt: skip
            with transaction() as tx:
                tx.session.add(row)


@pytest.mark.parametrize("wanted", ["latest", "^1", ">=1,<2"])
def test_given_the_same_question_twice_then_the_answers_are_equal(shop: Workshop, wanted: str) -> None:
    for number in (3, 1, 2):
        shop.upload(b"%d" % number, version=f"1.{number}.0").ok()
    shop.upload(b"other", version="nightly").ok()
    ref = wanted if wanted == "latest" else f"version:{wanted}"

    first, second = (shop.reader.get(shop.url("/resolve"), query={"ref": ref}).ok().data for _ in range(2))

    assert first == second
    assert first["candidates"] == ["1.3.0", "1.2.0", "1.1.0"]
    assert first["excluded"] == [{"version": "nightly", "why": "not_ordered"}]


class TestInOrder:
    """Working out the order of many versions takes long, so it is done once for all ranges."""

    @pytest.fixture
    def worked_out(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """How many versions each time had that an order was worked out."""
        sizes: list[int] = []

        def arranged(candidates: list[VersionCandidate]) -> Arrangement:
            sizes.append(len(candidates))
            return Arrangement(candidates)

        monkeypatch.setattr(queries, "Arrangement", arranged)
        monkeypatch.setattr("wxcloudrun.versions.queries.arranged.FEWEST_KEPT", 1)
        return sizes

    @pytest.mark.one_process
    def test_given_different_ranges_then_the_order_is_worked_out_once_for_the_same_versions(
        self, shop: Workshop, worked_out: list[int]
    ) -> None:
        for number in range(4):
            shop.upload(b"%d" % number, version=f"1.{number}.0").ok()

        chosen = [shop.download(f"version:<=1.{number}.99").body for number in range(4)]
        assert (chosen, worked_out) == ([b"0", b"1", b"2", b"3"], [4])

        shop.writer.patch(shop.url("/versions/1.3.0"), {"yanked": "broken"}).ok()
        chosen = [shop.download(f"version:>=1.{number}.0").body for number in range(3)]
        assert (chosen, worked_out) == ([b"2"] * 3, [4, 4])

    @pytest.mark.one_process
    def test_given_more_versions_than_are_kept_then_those_asked_for_last_stay(
        self, shop: Workshop, worked_out: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wxcloudrun.versions.queries.arranged.MOST_KEPT", 3)
        other = shop.new_package()
        for package in (shop.package, other):
            for number in range(2):
                url = shop.url("/upload/a.bin", package=package)
                shop.writer.put(url, b"%d" % number, query={"version": f"1.{number}.0"}).ok()

        for package, wanted in ((shop.package, "^1"), (other, "^1"), (other, "~1"), (shop.package, "~1")):
            shop.reader.get(shop.url(f"/+/version:{wanted}", package=package)).ok()

        assert worked_out == [2, 2, 2]
