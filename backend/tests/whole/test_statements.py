"""What a read costs the database: three statements at most, once it is warm."""

import pytest
from flask import Flask

from tests.support.identities import Requester
from tests.support.registry import Workshop
from tests.support.shared_app import once
from tests.support.statements import recorded
from tests.support.surface import REQUESTS, Scene
from tests.whole.test_surface import ROWS
from wxcloudrun.kit.security import Role

MAX_STATEMENTS = 3
OVERVIEW = "show_stats"  # counts in every table that it speaks of
NO_SUCCESS = {"simple_provenance"}
READS = sorted(
    row.operation
    for row in ROWS.values()
    if row.method == "GET" and row.operation not in NO_SUCCESS | {OVERVIEW}
)
FOR_PEOPLE = {"list_sessions", "show_second_factor", "show_wechat"}  # no key sees them
OWNER = Requester("administrator who owns the project", Role.OWNER, is_admin=True)


@pytest.mark.parametrize("operation", READS)
def test_given_a_warm_read_then_it_takes_three_statements_at_most(app: Flask, operation: str) -> None:
    scene = Scene(app, is_public=False)
    caller = scene.enter(OWNER)
    if operation in FOR_PEOPLE:
        caller = scene.client.as_(scene.login()["access_token"])
    sample = REQUESTS[operation](scene)
    caller.get(sample.path, **sample.options).ok()

    with recorded() as statements:
        caller.get(sample.path, **sample.options).ok()

    assert len(statements) <= MAX_STATEMENTS, "\n\n".join(statements)


REFS = [
    "stable", "tag:stable", "1.2.0", "version:1.2.0", "latest", "version:^1.0", "version:>=1,<2",
    "version:1.*",
]  # fmt: skip


class TestReferences:
    @pytest.fixture
    def shop(self, app: Flask, shop: Workshop) -> Workshop:
        """A package with versions, one of them tagged."""

        def fill() -> Workshop:
            for number in range(5):
                shop.upload(b"%d" % number, version=f"1.{number}.0").ok()
            shop.upload(b"2", tag="stable").ok()
            return shop

        return once(app, "versions", fill)

    @pytest.mark.parametrize("ref", REFS)
    def test_given_a_warm_reference_then_bytes_and_explanation_take_three(
        self, shop: Workshop, ref: str
    ) -> None:
        for _ in range(2):
            with recorded() as for_bytes:
                shop.download(ref).ok()
            with recorded() as for_resolution:
                shop.reader.get(shop.url("/resolve"), query={"ref": ref}).ok()

        # Who asks, where they may look, and what the reference means there.
        assert len(for_bytes) == 3, "\n\n".join(for_bytes)
        assert len(for_resolution) == 3, "\n\n".join(for_resolution)

    def test_given_the_digest_then_the_same(self, shop: Workshop) -> None:
        digest = shop.download("stable").headers["X-Artifact-Id"]
        for path in (
            shop.url(f"/+/artifact:{digest}"),
            shop.url(f"/+/{digest}"),
            f"/api/v1/artifact/{digest}",
        ):
            with recorded() as statements:
                shop.reader.get(path).ok()

            assert len(statements) <= MAX_STATEMENTS, "\n\n".join(statements)

    def test_given_a_range_that_nothing_fits_then_the_refusal_is_warm_too(self, shop: Workshop) -> None:
        shop.download("version:^7")

        with recorded() as statements:
            refused = shop.download("version:^7")

        assert refused.status == 404
        assert len(refused.data["excluded"]) == 5
        assert len(statements) <= MAX_STATEMENTS, "\n\n".join(statements)
