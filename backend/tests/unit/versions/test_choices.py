"""A choice is kept together with what stands for the versions among which it was made."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.client import ApiClient
from tests.support.registry import Workshop
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.packages.models import Package
from wxcloudrun.versions import queries
from wxcloudrun.versions.models import Status, Version
from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import VersionCandidate

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
ids = st.integers(min_value=1, max_value=2**29)


def content_of(
    *numbers: int, newest: datetime = MOMENT, waiting: int | None = None, yanked: int | None = None
) -> str:
    """Return what stands for versions with these ids, one of which may wait for its bytes or be yanked."""
    listed = [
        VersionCandidate(f"1.0.{number}", number, available=number != waiting, yanked=number == yanked)
        for number in numbers
    ]
    return queries.content_of(listed, newest)


class TestContent:
    @given(
        st.sets(ids, min_size=1, max_size=3), st.sets(ids, min_size=1, max_size=3), st.sets(ids, max_size=9)
    )
    def test_sets_that_differ_in_up_to_three_members_differ(
        self, one: set[int], other: set[int], common: set[int]
    ) -> None:
        assume(one != other)

        assert content_of(*one - common, *common) != content_of(*other - common, *common) or (
            one | common == other | common
        )

    def test_a_late_commit_and_a_deletion_together_do_not_look_like_nothing(self) -> None:
        # Id 11 was given out before 12 and committed after it, while 5 was deleted.
        assert content_of(*range(1, 11), 12) != content_of(*range(1, 5), *range(6, 13))

    def test_bytes_that_come_make_a_difference(self) -> None:
        assert content_of(1, 2, 3, waiting=2) != content_of(1, 2, 3)

    def test_a_yank_makes_a_difference(self) -> None:
        assert len({content_of(1, 2, 3), content_of(1, 2, 3, yanked=2), content_of(1, 2, 3, waiting=2)}) == 3

    def test_ids_that_a_restored_database_gives_away_again_make_a_difference(self) -> None:
        assert content_of(1, 2, 3) != content_of(1, 2, 3, newest=MOMENT + timedelta(microseconds=1))

    def test_the_order_in_which_rows_come_makes_none(self) -> None:
        assert content_of(3, 1, 2) == content_of(1, 2, 3)


def package_id(shop: Workshop) -> int:
    """Return the id of the package."""
    with reading() as session:
        return session.execute(select(Package.id).where(Package.name == shop.package)).scalar_one()


def assert_same_content(app: Flask, shop: Workshop) -> str:
    """Compare what the database adds up with what is worked out from its rows, and return it."""
    with app.app_context():
        found = package_id(shop)
        with reading() as session:
            added_up = queries.read_content(session.execute(queries.content(found)).one())
            worked_out = queries.choice(session, found, "latest").content
    assert added_up == worked_out
    return added_up


class TestInTheDatabase:
    def test_given_every_kind_of_change_then_the_content_changes_and_both_sides_agree(
        self, app: Flask, shop: Workshop
    ) -> None:
        contents = [assert_same_content(app, shop)]
        for number in range(4):
            shop.upload(b"%d" % number, version=f"1.{number}.0").ok()
            contents.append(assert_same_content(app, shop))
        shop.maintainer.delete(shop.url("/versions/1.3.0")).ok()
        assert assert_same_content(app, shop) == contents[3], "the same versions as before it came"
        shop.upload(b"3", version="1.3.0").ok()
        contents.append(assert_same_content(app, shop))
        self.let_wait(app, shop, "2.0.0")
        contents.append(assert_same_content(app, shop))
        shop.upload(b"filled", version="2.0.0").ok()
        contents.append(assert_same_content(app, shop))
        for reason in ("broken", None):
            shop.writer.patch(shop.url("/versions/1.2.0"), {"yanked": reason}).ok()
            contents.append(assert_same_content(app, shop))
        assert contents.pop() == contents[-2], "the same as before it was yanked"

        assert len(set(contents)) == len(contents)

    def test_given_ids_beyond_every_need_then_nothing_overflows(self, app: Flask, shop: Workshop) -> None:
        for number in (2**31 - 3, 2**40 + 12345):
            self.let_wait(app, shop, f"1.{number}.0", id=number, files_count=1)

        assert_same_content(app, shop)

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
