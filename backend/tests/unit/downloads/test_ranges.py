"""Parts of a file: Range and If-Range (RFC 9110 section 14)."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from tests.support.builders import content, sha256
from tests.support.registry import Workshop
from tests.unit.downloads.conftest import SIZE_BYTES, Stored

LAST = SIZE_BYTES - 1


class TestOneRange:
    @pytest.mark.parametrize(
        ("wanted", "first", "last"),
        [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=100-199", 100, 199),
            ("bytes=500-", 500, LAST),
            ("bytes=0-", 0, LAST),
            (f"bytes={LAST}-", LAST, LAST),
            (f"bytes=0-{LAST}", 0, LAST),
            ("bytes=900-5000", 900, LAST),
            ("bytes=0-99999999999999999999999999", 0, LAST),
            ("bytes=-1", LAST, LAST),
            ("bytes=-100", 900, LAST),
            (f"bytes=-{SIZE_BYTES}", 0, LAST),
            ("bytes=-5000", 0, LAST),
            ("BYTES=5-6", 5, 6),
        ],
    )
    def test_given_a_satisfiable_range_then_206_with_exactly_those_bytes(
        self, shop: Workshop, stored: Stored, wanted: str, first: int, last: int
    ) -> None:
        answer = shop.download("stable", headers={"Range": wanted})

        assert answer.status == 206
        assert answer.body == stored.data[first : last + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE_BYTES}"
        assert answer.headers["Content-Length"] == str(last - first + 1)

    def test_given_a_part_then_its_other_headers_are_those_of_the_whole(
        self, shop: Workshop, stored: Stored
    ) -> None:
        whole = shop.download("stable").headers
        part = shop.download("stable", headers={"Range": "bytes=0-9"}).headers

        assert part["ETag"] == stored.etag
        for name in set(whole) - {"Content-Length", "X-Request-ID", "Date"}:
            assert part[name] == whole[name], name

    def test_given_parts_of_a_larger_file_then_they_make_up_the_whole(self, shop: Workshop) -> None:
        data = content(3_000_000)
        shop.upload(data, tag="large").ok()

        parts = [
            shop.download("large", headers={"Range": f"bytes={start}-{start + 999_999}"}).body
            for start in range(0, 3_000_000, 1_000_000)
        ]

        assert sha256(b"".join(parts)) == sha256(data)

    @pytest.mark.parametrize(
        "wanted", [f"bytes={SIZE_BYTES}-", "bytes=5000-6000", "bytes=-0", "bytes=99999999999999-"]
    )
    @pytest.mark.usefixtures("stored")
    def test_given_a_range_without_a_single_byte_then_416_says_how_many_there_are(
        self, shop: Workshop, wanted: str
    ) -> None:
        answer = shop.download("stable", headers={"Range": wanted})

        assert (answer.status, answer.reason) == (416, "range_not_satisfiable")
        assert answer.headers["Content-Range"] == f"bytes */{SIZE_BYTES}"
        assert answer.data["size"] == SIZE_BYTES


@pytest.mark.same_everywhere
class TestTheWhole:
    @pytest.mark.parametrize(
        "wanted",
        [
            "bytes=0-1,4-5",
            "bytes=0-1, -1",
            "bytes=5-2",
            "bytes=500-0",
            "bytes=a-b",
            "bytes=-",
            "bytes=",
            "bytes",
            "",
            "items=0-1",
            "bytes=--5",
            "bytes=1-2-3",
            "bytes=0x1-2",
            "bytes=" + "9" * 5000 + "-",
        ],
    )
    def test_given_several_ranges_another_unit_or_nonsense_then_200_with_everything(
        self, shop: Workshop, stored: Stored, wanted: str
    ) -> None:
        answer = shop.download("stable", headers={"Range": wanted})

        assert answer.status == 200
        assert answer.body == stored.data
        assert "Content-Range" not in answer.headers


class TestIfRange:
    def test_given_the_same_etag_then_the_part(self, shop: Workshop, stored: Stored) -> None:
        answer = shop.download("stable", headers={"Range": "bytes=0-9", "If-Range": stored.etag})

        assert (answer.status, answer.body) == (206, stored.data[:10])

    def test_given_the_date_of_the_download_then_the_part(self, shop: Workshop, stored: Stored) -> None:
        date = shop.download("stable").headers["Last-Modified"]

        answer = shop.download("stable", headers={"Range": "bytes=0-9", "If-Range": date})

        assert (answer.status, answer.body) == (206, stored.data[:10])

    @pytest.mark.parametrize("condition", [f'"{"0" * 64}"', "W/{etag}", '"nonsense"'])
    def test_given_another_or_a_weak_etag_then_the_whole(
        self, shop: Workshop, stored: Stored, condition: str
    ) -> None:
        headers = {"Range": "bytes=0-9", "If-Range": condition.format(etag=stored.etag)}

        answer = shop.download("stable", headers=headers)

        assert (answer.status, answer.body) == (200, stored.data)

    @pytest.mark.parametrize("days", [-1, 1])
    def test_given_another_date_then_the_whole(self, shop: Workshop, stored: Stored, days: int) -> None:
        date = parsedate_to_datetime(shop.download("stable").headers["Last-Modified"])
        other = format_datetime(date + timedelta(days=days), usegmt=True)

        answer = shop.download("stable", headers={"Range": "bytes=0-9", "If-Range": other})

        assert (answer.status, answer.body) == (200, stored.data)

    def test_given_other_bytes_behind_the_tag_then_a_resumed_download_gets_all_of_the_new_ones(
        self, shop: Workshop, stored: Stored
    ) -> None:
        new = content(SIZE_BYTES, seed=1)
        shop.upload(new, tag="stable").ok()

        answer = shop.download("stable", headers={"Range": "bytes=500-", "If-Range": stored.etag})

        assert (answer.status, answer.body) == (200, new), "never the rest of one behind the start of another"

    def test_given_other_bytes_then_an_unsatisfiable_range_does_not_matter(
        self, shop: Workshop, stored: Stored
    ) -> None:
        headers = {"Range": "bytes=5000-", "If-Range": f'"{"0" * 64}"'}

        answer = shop.download("stable", headers=headers)

        assert (answer.status, answer.body) == (200, stored.data)
