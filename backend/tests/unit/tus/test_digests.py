"""Digests of a body, in whichever header: compared, or refused."""

import base64
import hashlib

import pytest

from tests.support.builders import sha256
from tests.unit.tus.conftest import Tus, checksum


def digest_headers(data: bytes) -> dict[str, dict[str, str]]:
    """Return every header that names a digest of a body, for these bytes."""
    encoded = base64.b64encode(hashlib.sha256(data).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return {
        "X-Checksum-SHA256": {"X-Checksum-SHA256": sha256(data)},
        "Content-Digest": {"Content-Digest": f"sha-256=:{encoded}:"},
        "Digest": {"Digest": f"SHA-256={encoded}"},
        "Content-MD5": {"Content-MD5": md5},
    }


@pytest.mark.parametrize("header", digest_headers(b""))
def test_given_any_digest_of_a_body_then_it_is_compared_with_what_comes(tus: Tus, header: str) -> None:
    right, wrong = (digest_headers(data)[header] for data in (b"12345", b"other"))
    url = tus.create(10)

    refused = tus.patch(url, 0, b"12345", wrong)
    with_creation = tus.post({"Upload-Length": "10"}, wrong, data=b"12345")
    of_nothing = tus.post({"Upload-Length": "10"}, wrong)

    assert [each.status for each in (refused, with_creation, of_nothing)] == [460, 460, 460]
    assert tus.offset(url) == 0
    assert tus.patch(url, 0, b"12345", right).headers["Upload-Offset"] == "5"


def test_given_digests_that_disagree_or_a_deployment_by_checksum_then_nothing_comes(tus: Tus) -> None:
    url, said = tus.create(10), digest_headers(b"12345")["X-Checksum-SHA256"]

    disagreeing = tus.patch(url, 0, b"12345", said, checksum(b"other", "sha256"))
    by_checksum = tus.patch(url, 0, b"12345", said, {"X-Checksum-Deploy": "true"})

    assert (disagreeing.status, by_checksum.status) == (400, 400)
    assert tus.offset(url) == 0
