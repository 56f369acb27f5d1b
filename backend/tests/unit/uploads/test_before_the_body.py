"""What is decided before a single byte of the body is read: rights, absence, headers, announced size."""

from collections.abc import Callable

import pytest

from tests.support.client import Answer
from tests.support.forms import BOUNDARY, UnreadBody
from tests.support.registry import Workshop

pytestmark = pytest.mark.same_everywhere


def send(shop: Workshop, method: str, url: str, who: str = "writer", **headers: str) -> Answer:
    """Announce 5 GB and hand over a body that must not be read."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    overrides = {"wsgi.input": UnreadBody(), "CONTENT_LENGTH": "5000000000"}
    if method == "POST":
        overrides["CONTENT_TYPE"] = f"multipart/form-data; boundary={BOUNDARY}"
    answer: Answer = getattr(shop, who).request(method, url, headers=named, environ_overrides=overrides)
    return answer


WAYS = pytest.mark.parametrize(("method", "rest"), [("PUT", "/upload/x.bin"), ("POST", "/upload")])


@WAYS
class TestDecidedEarly:
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_given_no_right_to_write(
        self, shop: Workshop, method: str, rest: str, who: str, status: int
    ) -> None:
        assert send(shop, method, shop.url(rest), who).status == status

    def test_given_no_such_package(self, shop: Workshop, method: str, rest: str) -> None:
        assert send(shop, method, shop.url(rest, package="absent")).status == 404

    @pytest.mark.parametrize(
        "headers",
        [
            {"X_Checksum_SHA256": "nonsense"},
            {"X_Checksum_MD5": "0"},
            {"Repr_Digest": "x"},
            {"Idempotency_Key": ""},
        ],
    )
    def test_given_a_header_in_a_wrong_format(
        self, shop: Workshop, method: str, rest: str, headers: dict[str, str]
    ) -> None:
        assert send(shop, method, shop.url(rest), **headers).status == 400


def too_long(shop: Workshop) -> Answer:
    return send(shop, "PUT", shop.url("/upload/" + "x" * 256))


def bad_tag(shop: Workshop) -> Answer:
    return send(shop, "PUT", shop.url("/upload/x.bin?tag=active"))


@pytest.mark.parametrize("refused", [too_long, bad_tag])
def test_given_a_raw_upload_then_its_names_are_decided_early_too(
    shop: Workshop, refused: Callable[[Workshop], Answer]
) -> None:
    assert refused(shop).status == 422


def test_given_an_announcement_above_the_limit_then_413(shop: Workshop) -> None:
    overrides = {"wsgi.input": UnreadBody(), "CONTENT_LENGTH": str(10**15)}

    answer = shop.writer.request("PUT", shop.url("/upload/x.bin"), environ_overrides=overrides)

    assert (answer.status, answer.reason) == (413, "too_large")
