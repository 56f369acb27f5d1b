"""A publication whose commit was not answered is sent again, as twine and uv do, and is there once."""

import pytest
from flask import Flask

from tests.support.lost_commits import lost_commit
from tests.support.python_index import PythonIndex, wheel_of
from wxcloudrun.wiring.stores import blob_store

WHEEL = wheel_of()


@pytest.mark.parametrize("is_done", [True, False])
def test_given_a_lost_answer_then_the_same_request_again_is_a_success(
    app: Flask, index: PythonIndex, *, is_done: bool
) -> None:
    blobs = blob_store(app.extensions["settings"])
    with lost_commit(app, is_done=is_done, when=lambda: any(blobs.keys())):
        lost = index.publish(WHEEL)
    assert lost.status in {200, 503}  # MySQL is asked again at once; clients try a 503 again themselves

    index.publish(WHEEL).ok()

    assert list(index.files()) == [WHEEL.filename]
    assert index.get(f"/files/{WHEEL.digest}/{WHEEL.filename}").ok().body == WHEEL.data
