"""Checksums that a client announces: X-Checksum-* in hex, Repr-Digest (RFC 9530) in base64."""

import base64
import hashlib

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.forms import file, post_form
from tests.support.registry import Workshop

DATA = b"the bytes that were announced"
OTHER = b"other bytes"
LENGTHS = {"sha256": 64, "sha1": 40, "md5": 32}
DIGEST_NAMES = {"sha256": "sha-256", "sha1": "sha", "md5": "md5"}


def hex_of(algorithm: str, data: bytes = DATA) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def repr_digest(algorithm: str, data: bytes = DATA) -> str:
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return f"{DIGEST_NAMES[algorithm]}=:{base64.b64encode(digest).decode()}:"


def put(shop: Workshop, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.writer.put(shop.url("/upload/x.bin"), DATA, headers=named)


def nothing_arrived(shop: Workshop) -> bool:
    unknown = shop.writer.get(f"/api/v1/artifact/{sha256(DATA)}").status == 404
    return unknown and shop.reader.get(shop.url("/uploads")).items == []


class TestInHex:
    @pytest.mark.parametrize("algorithm", LENGTHS)
    def test_given_the_right_checksum_then_accepted(self, shop: Workshop, algorithm: str) -> None:
        answer = put(shop, **{f"X-Checksum-{algorithm.upper()}": hex_of(algorithm)}).ok()

        assert answer.data["artifact_id"] == sha256(DATA)

    def test_given_all_three_in_either_case_then_accepted(self, shop: Workshop) -> None:
        put(
            shop,
            X_Checksum_SHA256=hex_of("sha256").upper(),
            X_Checksum_SHA1=hex_of("sha1").upper(),
            x_checksum_md5=hex_of("md5"),
        ).ok()

    @pytest.mark.parametrize("algorithm", LENGTHS)
    def test_given_the_checksum_of_other_bytes_then_422_shows_both_and_nothing_remains(
        self, shop: Workshop, algorithm: str
    ) -> None:
        expected = hex_of(algorithm, OTHER)

        answer = put(shop, **{f"X-Checksum-{algorithm.upper()}": expected})

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert answer.data["algorithm"] == algorithm
        assert (answer.data["expected"], answer.data["received"]) == (expected, hex_of(algorithm))
        assert nothing_arrived(shop)

    def test_given_one_wrong_checksum_among_right_ones_then_422(self, shop: Workshop) -> None:
        answer = put(shop, X_Checksum_SHA256=hex_of("sha256"), X_Checksum_MD5=hex_of("md5", OTHER))

        assert (answer.status, answer.data["algorithm"]) == (422, "md5")
        assert nothing_arrived(shop)

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("algorithm", LENGTHS)
    @pytest.mark.parametrize(
        "bad", ["", "invalid-hash-format", "g" * 64, "0", "0x" + "0" * 62, "\uff10" * 64]
    )
    def test_given_a_checksum_in_a_wrong_format_then_400_names_the_header(
        self, shop: Workshop, algorithm: str, bad: str
    ) -> None:
        header = f"X-Checksum-{algorithm.upper()}"

        answer = shop.writer.put(
            shop.url("/upload/x.bin"), DATA, headers={header: bad.encode().decode("latin-1")}
        )

        assert (answer.status, answer.reason) == (400, "malformed")
        assert header in answer.msg
        assert nothing_arrived(shop)

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("algorithm", LENGTHS)
    @pytest.mark.parametrize("off_by", [-1, 1])
    def test_given_a_checksum_of_a_wrong_length_then_400(
        self, shop: Workshop, algorithm: str, off_by: int
    ) -> None:
        answer = put(shop, **{f"X-Checksum-{algorithm.upper()}": "0" * (LENGTHS[algorithm] + off_by)})

        assert (answer.status, answer.reason) == (400, "malformed")

    def test_given_a_large_file_and_its_checksums_then_accepted(self, shop: Workshop) -> None:
        data = content(5_000_000)
        headers = {f"X-Checksum-{name}": hex_of(name, data) for name in LENGTHS}

        answer = shop.writer.put(shop.url("/upload/x.bin"), data, headers=headers).ok()

        assert answer.data["sha256"] == hex_of("sha256", data)


class TestReprDigest:
    @pytest.mark.parametrize("algorithm", LENGTHS)
    def test_given_the_right_digest_then_accepted(self, shop: Workshop, algorithm: str) -> None:
        assert put(shop, Repr_Digest=repr_digest(algorithm)).ok().data["artifact_id"] == sha256(DATA)

    def test_given_several_digests_then_all_are_checked(self, shop: Workshop) -> None:
        put(shop, Repr_Digest=f"{repr_digest('sha256')}, {repr_digest('md5')}").ok()

        answer = put(shop, Repr_Digest=f"{repr_digest('sha256')}, {repr_digest('md5', OTHER)}")
        assert (answer.status, answer.data["algorithm"]) == (422, "md5")

    def test_given_sha_512_beside_it_then_that_is_checked_as_well(self, shop: Workshop) -> None:
        sha512 = base64.b64encode(hashlib.sha512(OTHER).digest()).decode()

        answer = put(shop, Repr_Digest=f"sha-512=:{sha512}:, {repr_digest('sha256')}")

        assert (answer.status, answer.data["algorithm"]) == (422, "sha512")
        assert nothing_arrived(shop)

    def test_given_the_digest_of_other_bytes_then_422_and_nothing_remains(self, shop: Workshop) -> None:
        answer = put(shop, Repr_Digest=repr_digest("sha256", OTHER))

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert nothing_arrived(shop)

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "bad",
        [
            "nonsense",
            "sha-256=abc",
            "sha-256=:!!!:",
            "sha-256=:QUJD:",
            "sha-256=:QUJ:",
            f"sha-256={'0' * 64}",
            ",",
        ],
    )
    def test_given_a_digest_in_a_wrong_format_then_400(self, shop: Workshop, bad: str) -> None:
        answer = put(shop, Repr_Digest=bad)

        assert (answer.status, answer.reason) == (400, "malformed")
        assert nothing_arrived(shop)

    @pytest.mark.same_everywhere
    def test_given_both_headers_that_agree_then_accepted(self, shop: Workshop) -> None:
        put(shop, Repr_Digest=repr_digest("sha256"), X_Checksum_SHA256=hex_of("sha256").upper()).ok()

    @pytest.mark.same_everywhere
    def test_given_both_headers_that_disagree_then_400(self, shop: Workshop) -> None:
        answer = put(shop, Repr_Digest=repr_digest("sha256"), X_Checksum_SHA256=hex_of("sha256", OTHER))

        assert (answer.status, answer.reason) == (400, "malformed")
        assert nothing_arrived(shop)


class TestOfAForm:
    def test_given_the_checksum_of_the_file_and_not_of_the_form_then_accepted(self, shop: Workshop) -> None:
        headers = {"X-Checksum-SHA256": sha256(DATA)}

        post_form(shop.writer, shop.url("/upload"), file(DATA), headers=headers).ok()

    def test_given_a_wrong_checksum_then_422_and_nothing_remains(self, shop: Workshop) -> None:
        headers = {"X-Checksum-SHA256": "0" * 64}

        answer = post_form(shop.writer, shop.url("/upload"), file(DATA), headers=headers)

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert nothing_arrived(shop)
