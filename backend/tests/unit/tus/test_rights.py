"""Whose uploads are whose, and what the two ways to send one know of each other."""

from tests.support.registry import Workshop
from tests.unit.tus.conftest import Tus


def test_given_an_upload_of_another_place_then_it_is_as_unknown_as_any(shop: Workshop, tus: Tus) -> None:
    url = tus.create(10)
    public_id = url.rpartition("/")[2]
    elsewhere = Tus(shop.writer, f"/tus/{shop.project}/{shop.new_package()}")
    answers = [
        elsewhere.head(f"{elsewhere.base}/{public_id}"),
        Tus(shop.stranger, tus.base).head(url),
        tus.head(f"{tus.base}/{'a' * 32}"),
        tus.head(f"{tus.base}/%00"),
    ]

    assert {answer.status for answer in answers} == {404}


def test_given_a_colleague_then_they_may_go_on_with_an_upload(shop: Workshop, tus: Tus) -> None:
    url = tus.create(4)
    tus.patch(url, 0, b"by").ok()

    assert Tus(shop.maintainer, tus.base).patch(url, 2, b"es").status == 204


def test_given_a_right_that_was_lost_then_the_upload_is_refused(shop: Workshop, tus: Tus) -> None:
    url = tus.create(4)
    member = f"/api/v1/project/{shop.project}/members/{shop.people['writer'].id}"
    shop.owner.request("PUT", member, json={"role": "reader"}).ok()
    assert tus.head(url).status == 403

    shop.owner.delete(member).ok()
    assert tus.head(url).status == tus.patch(url, 0, b"by").status == 404


def test_given_the_other_way_to_send_then_it_does_not_know_the_upload(shop: Workshop, tus: Tus) -> None:
    appended = tus.create(10).rpartition("/")[2]
    in_parts = shop.writer.post(shop.url("/uploads/sessions"), {"filename": "a", "size": 3}).ok().data["id"]
    sessions = shop.url("/uploads/sessions")

    assert shop.writer.get(f"{sessions}/{appended}").status == 404
    assert shop.writer.put(f"{sessions}/{appended}/parts/1", b"x").status == 404
    assert tus.head(f"{tus.base}/{in_parts}").status == 404
    assert tus.patch(f"{tus.base}/{in_parts}", 0, b"x").status == 404
