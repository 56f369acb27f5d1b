"""URLs and names, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgctl.addresses import canonical_server, parse_package, parse_ref, path, travels_in_the_clear
from pkgctl.errors import LocalProblem


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (" https://Registry.Example.com/ ", "https://registry.example.com"),
        ("https://example.com/registry/api/v1/", "https://example.com/registry"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_service_has_one_spelling(written: str, meant: str) -> None:
    assert canonical_server(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "example.com",
        "ftp://example.com",
        "http://",
        "http://a:b@example.com",
        "http://a/?q",
        "http://a:x",
    ],
)
def test_what_is_no_service_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is for people
        canonical_server(written)


@pytest.mark.parametrize(
    ("server", "is_open"),
    [
        ("http://127.0.0.1:8080", False),
        ("http://127.9.9.9", False),
        ("http://localhost", False),
        ("http://[::1]", False),
        ("https://example.com", False),
        ("http://example.com", True),
        ("http://10.0.0.1", True),
        ("http://localhost.example.com", True),
    ],
)
def test_only_http_over_a_network_travels_in_the_clear(server: str, *, is_open: bool) -> None:
    assert travels_in_the_clear(server) is is_open


@pytest.mark.parametrize("segment", [".", "..", ""])
def test_a_segment_that_http_clients_would_remove_is_refused(segment: str) -> None:
    with pytest.raises(LocalProblem):
        path("project", segment)


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_a_segment_stays_one_segment(segment: str) -> None:
    if segment.isascii():
        assert path("project", segment).count("/") == 4


def test_references() -> None:
    ref = parse_ref("tools/hammer@version:^1.0")
    assert ref.content == "/api/v1/project/tools/hammer/+/version%3A%5E1.0"
    assert parse_ref("tools/hammer").ref == "latest"
    assert str(parse_package("tools/hammer")) == "tools/hammer"


@pytest.mark.parametrize("written", ["tools", "tools/", "/hammer", "a/b/c", "tools/hammer@", "@stable"])
def test_what_is_no_reference_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is for people
        parse_ref(written)


def test_a_package_of_another_format_may_be_written_as_its_clients_do() -> None:
    assert str(parse_ref("tools/npm:@h7/lib@1.0.0")) == "tools/npm:@h7~lib@1.0.0"
    assert str(parse_ref("tools/npm:@h7~lib")) == "tools/npm:@h7~lib@latest"
    assert str(parse_ref("tools/oci:web/backend@tag:v1")) == "tools/oci:web~backend@tag:v1"
    assert parse_package("tools/npm:@h7/lib").path("tags") == "/api/v1/project/tools/npm%3A%40h7~lib/tags"
    assert parse_ref("tools/hammer@tag:@").ref == "tag:@"
