"""What a log keeps, and how a source is written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.releases.rules.build_log import BuildLog
from wxcloudrun.releases.rules.sources import NixSource, UrlSource, name_in_url, read, written


class TestBuildLog:
    @given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 100))
    def test_it_keeps_the_end_and_never_more_than_it_may(self, pieces: list[bytes], limit: int) -> None:
        log, plain = BuildLog(limit), BuildLog()
        for piece in pieces:
            log.write(piece)
        whole = b"".join(pieces)
        plain.write(whole[-limit:])

        assert log.is_truncated == (len(whole) > limit)
        assert log.text().endswith(plain.text())

    def test_given_nothing_then_it_is_empty(self) -> None:
        assert BuildLog().text() == b""
        assert BuildLog().is_truncated is False

    def test_given_a_cut_then_the_first_line_says_how_much_is_missing(self) -> None:
        log = BuildLog(limit_bytes=4)
        log.write(b"0123456789")

        assert log.text() == b"registry: the first 6 bytes are not kept\n6789"

    @pytest.mark.parametrize(
        ("output", "shown"),
        [
            (b"\x1b[31mred\x1b[0m", b"red"),
            (b"\x1b]0;a title\x07text", b"text"),
            (b"50%\r100%\r\n", b"50%100%\n"),
            (b"a\x00b\x07c\td\n", b"abc\td\n"),
            ("ünï 包".encode(), "ünï 包".encode()),
            (b"broken \xff utf-8", "broken \ufffd utf-8".encode()),
        ],
    )
    def test_given_what_would_disturb_a_terminal_then_it_is_left_out(
        self, output: bytes, shown: bytes
    ) -> None:
        log = BuildLog()
        log.write(output)

        assert log.text() == shown


class TestSources:
    @pytest.mark.parametrize(
        "source", [None, NixSource(), UrlSource("https://files.example.com/a?b=c", "a" * 64)]
    )
    def test_what_is_written_down_is_read_as_it_was(self, source: NixSource | UrlSource | None) -> None:
        assert read(written(source)) == source

    def test_given_a_kind_that_is_not_known_then_it_is_no_source(self) -> None:
        with pytest.raises(ValueError, match="floppy"):
            read('{"type": "floppy"}')

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("https://a.example/x/tool-1.0.tar.gz", "tool-1.0.tar.gz"),
            ("https://a.example/x%20y.bin?z=/w", "x y.bin"),
            ("https://a.example/x/", ""),
            ("https://a.example", ""),
        ],
    )
    def test_the_name_of_a_file_is_the_last_part_of_its_path(self, url: str, name: str) -> None:
        assert name_in_url(url) == name
