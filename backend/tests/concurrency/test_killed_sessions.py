"""kill -9 of the server while files come in parts: each goes on where it was, and becomes one upload.

`KILL_ROUNDS` kills (4; ten make fifty files on their way) on each stack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.kills import assert_each_is_one_upload, sent_through_kills, until_answered
from tests.support.site import Site, site
from tests.support.stack import settings_on

PART_BYTES = 256 * 1024
SIZES = [1, PART_BYTES, 4 * PART_BYTES + 7, 9 * PART_BYTES, 23 * PART_BYTES + 1]
BUSY = frozenset({202, 409, 503})


@dataclass
class PartSender:
    """Files on their way; every request is sent again until it is answered, as a client of ours does."""

    site: Site
    package: str

    def send(self, name: str, data: bytes) -> Answer:
        """Send a file; return the answer to its completion."""
        wanted = {"filename": f"{name}.bin", "size": len(data), "part_bytes": PART_BYTES, "tag": name}
        begun = asked(lambda: self.site.admin.post(f"{self.package}/uploads/sessions", wanted))
        url = begun.data["url"]
        while True:
            missing = asked(lambda: self.site.admin.get(url)).data["missing"]
            for number in (each for first, last in missing for each in range(first, last + 1)):
                part = data[(number - 1) * PART_BYTES : number * PART_BYTES]
                try:
                    self.site.admin.put(f"{url}/parts/{number}", part)
                except requests.RequestException:
                    break  # ask what has come
            else:
                done = asked(lambda: self.site.admin.post(f"{url}/complete", {}))
                if done.reason != "parts_missing":
                    return done


def asked(request: Callable[[], Answer]) -> Answer:
    """Ask until there is an answer that does not say to ask again."""
    return until_answered(
        request, is_answer=lambda answer: answer.status not in BUSY or answer.reason == "parts_missing"
    )


@pytest.mark.slow
def test_given_a_server_killed_again_and_again_then_every_file_goes_on_and_becomes_one_upload(
    stacked: Site,
) -> None:
    survive_kills(stacked)


@pytest.mark.slow
def test_given_seaweedfs_and_a_server_killed_again_and_again_then_it_is_the_same(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "mysql")
    record_property("server", "seaweedfs")
    with settings_on("seaweedfs") as settings, site(tmp_path, **settings) as running:
        survive_kills(running)


def survive_kills(stacked: Site) -> None:
    """Kill the server while files come in, and compare what has become of them."""
    package = stacked.new_package("killed-sessions")

    everything = sent_through_kills(stacked, PartSender(stacked, package).send, sizes=SIZES, seed=16)

    for each in everything:
        assert (each.told.status, each.told.data.get("sha256")) == (200, sha256(each.data)), each.name
        assert sha256(stacked.admin.get(f"{package}/+/tag:{each.name}").body) == sha256(each.data)
    assert_each_is_one_upload(stacked, package, everything)
