"""A publication whose commit was not answered is sent again, as npm does, and is there once."""

import pytest
from flask import Flask

from tests.support.lost_commits import lost_commit
from tests.support.node_registry import NodeRegistry, package_of
from wxcloudrun.wiring.stores import blob_store

LIB = package_of()


@pytest.mark.parametrize("is_done", [True, False])
def test_given_a_lost_answer_then_the_same_request_again_is_a_success(
    app: Flask, registry: NodeRegistry, *, is_done: bool
) -> None:
    blobs = blob_store(app.extensions["settings"])
    with lost_commit(app, is_done=is_done, when=lambda: any(blobs.keys())):
        lost = registry.publish(LIB, "next")
    assert lost.status in {201, 503}  # MySQL is asked again at once; clients try a 503 again themselves

    assert registry.publish(LIB, "next").status == 201

    found = registry.packument()
    assert list(found["versions"]) == ["1.0.0"]
    assert found["dist-tags"] == {"latest": "1.0.0", "next": "1.0.0"}
    assert registry.get("/@h7/lib/-/lib-1.0.0.tgz").ok().body == LIB.data
