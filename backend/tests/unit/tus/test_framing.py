"""Answers whose method on the wire is another than the one that is meant."""

import pytest
from flask import Flask

from tests.support.registry import Workshop
from tests.unit.tus.conftest import Tus


@pytest.mark.parametrize("status", [200, 404])
def test_given_a_post_that_means_head_then_no_body_is_announced_for_which_its_sender_would_wait(
    app: Flask, shop: Workshop, tus: Tus, status: int
) -> None:
    url = tus.create(10) if status == 200 else f"{tus.base}/{'0' * 32}"
    said = {
        "Tus-Resumable": "1.0.0",
        "X-HTTP-Method-Override": "HEAD",
        "Authorization": f"Bearer {shop.people['writer'].token}",
    }

    answer = app.test_client().post(url, headers=said)

    assert answer.status_code == status
    assert (answer.headers["Content-Length"], answer.get_data()) == ("0", b"")
