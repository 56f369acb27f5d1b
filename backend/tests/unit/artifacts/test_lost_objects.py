"""A row whose object has gone: refused instead of served wrongly, and healed by the next upload."""

from collections.abc import Callable

import pytest

from tests.support.builders import content
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import LINK_SECONDS, Keeper
from wxcloudrun.artifacts.models import PendingDeletion

DATA = content(70_000)


@pytest.fixture(params=["gone", "cut short"])
def damaged_key(request: pytest.FixtureRequest, shop: Workshop, keeper: Keeper) -> str:
    """The key of an artifact's object that has been damaged behind the service's back."""
    artifact_id = shop.upload(DATA, tag="t", version="1.0.0").ok().data["artifact_id"]
    key = keeper.key_of(artifact_id)
    keeper.store.delete(key)
    if request.param == "cut short":
        keeper.store.write(key, [DATA[:1000]])
    return key


def test_given_a_damaged_object_when_its_bytes_come_again_then_every_reference_works_again(
    shop: Workshop, keeper: Keeper, damaged_key: str
) -> None:
    answer = shop.upload(DATA, tag="other").ok()

    assert answer.data["deduplicated"] is True
    for ref in ("t", "version:1.0.0", "other"):
        assert shop.download(ref).body == DATA
    assert keeper.key_of(answer.data["artifact_id"]) != damaged_key
    assert keeper.fsck(deep=True).findings == []


def test_given_a_healed_artifact_then_what_is_left_of_the_old_object_goes_after_the_links(
    shop: Workshop, keeper: Keeper, damaged_key: str, later: Callable[[int], None]
) -> None:
    shop.upload(DATA, tag="t").ok()
    assert keeper.count(PendingDeletion) == 1

    later(LINK_SECONDS + 1)
    keeper.collect()

    assert damaged_key not in keeper.object_keys()
    assert shop.download("t").body == DATA


@pytest.mark.usefixtures("damaged_key")
def test_given_a_damaged_object_then_a_deposit_by_checksum_asks_for_the_bytes(shop: Workshop) -> None:
    digest = shop.reader.get(shop.url("/tags/t")).ok().data["artifact_id"]

    answer = shop.writer.put(
        shop.url("/upload/a.bin"), b"", headers={"X-Checksum-Deploy": "true", "X-Checksum-SHA256": digest}
    )

    assert answer.status == 404


def test_given_a_lost_object_then_a_download_says_so_instead_of_ending_short(
    shop: Workshop, keeper: Keeper
) -> None:
    artifact_id = shop.upload(DATA, tag="t").ok().data["artifact_id"]
    keeper.store.delete(keeper.key_of(artifact_id))

    answer = shop.download("t")

    assert (answer.status, answer.reason) == (503, "object_damaged")
