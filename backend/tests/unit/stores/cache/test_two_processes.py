"""Two processes without Redis: neither tells the other what has changed, and neither serves what is over."""

from pathlib import Path

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.inside import Inside
from tests.support.registry import Workshop

Processes = tuple[Flask, Flask]


@pytest.fixture
def processes(make_app: MakeApp, tmp_path: Path) -> Processes:
    """Two applications on one database and one blob store."""
    shared = {"DATABASE_URL": f"sqlite:///{tmp_path}/registry.db"}
    first, second = make_app(**shared), make_app(**shared)
    blobs = tmp_path / "data1" / "blobs"
    blobs.rename(tmp_path / "unused")
    blobs.symlink_to(tmp_path / "data0" / "blobs")
    return first, second


@pytest.fixture
def shop(processes: Processes) -> Workshop:
    """A package with two versions, made by the first process."""
    first = processes[0]
    made = Inside(first).workshop()
    for version in ("1.0.0", "1.1.0"):
        made.upload(version.encode(), version=version).ok()
    return made


def latest(app: Flask, shop: Workshop) -> bytes:
    """Download the latest release from one process."""
    reader = ApiClient(sender(app)).as_(shop.people["reader"].token)
    return reader.get(shop.url("/+/latest")).ok().body


def test_given_an_upload_to_one_then_the_other_serves_it_at_once(
    processes: Processes, shop: Workshop
) -> None:
    second = processes[1]
    assert latest(second, shop) == b"1.1.0"

    shop.upload(b"1.2.0", version="1.2.0").ok()

    assert latest(second, shop) == b"1.2.0"
    assert second.extensions["cache"].figures().entries == 1, "the new choice stands where the old one was"


def test_given_a_deletion_by_one_then_the_other_serves_the_next_best(
    processes: Processes, shop: Workshop
) -> None:
    second = processes[1]
    assert latest(second, shop) == b"1.1.0"

    shop.maintainer.delete(shop.url("/versions/1.1.0")).ok()

    assert latest(second, shop) == b"1.0.0"


def test_given_another_exact_name_then_it_goes_before_what_was_chosen(
    processes: Processes, shop: Workshop
) -> None:
    second = processes[1]
    assert latest(second, shop) == b"1.1.0"

    shop.upload(b"tagged", tag="latest").ok()

    assert latest(second, shop) == b"tagged"


def test_given_a_right_that_was_taken_away_then_nothing_kept_helps(
    processes: Processes, shop: Workshop
) -> None:
    second = processes[1]
    assert latest(second, shop) == b"1.1.0"

    members = f"/api/v1/project/{shop.project}/members/{shop.people['reader'].id}"
    shop.owner.delete(members).ok()

    reader = ApiClient(sender(second)).as_(shop.people["reader"].token)
    assert reader.get(shop.url("/+/latest")).status == 404
    assert ApiClient(sender(second)).get(shop.url("/+/latest")).status == 401
