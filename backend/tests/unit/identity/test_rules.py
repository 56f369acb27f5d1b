"""Which browser requests are our own."""

import pytest

from wxcloudrun.identity.rules import is_our_own


@pytest.mark.parametrize(
    ("origin", "fetch_site", "ours"),
    [
        (None, None, True),
        (None, "same-origin", True),
        (None, "none", True),
        (None, "same-site", False),
        (None, "cross-site", False),
        ("https://registry.example", "same-origin", True),
        ("https://REGISTRY.example", None, True),
        ("https://registry.example:443", None, True),
        ("https://registry.example:8443", None, False),
        ("http://registry.example", "same-site", False),
        ("http://registry.example:443", "same-site", False),
        ("https://console.example", "same-site", True),
        ("http://console.example", "same-site", False),
        ("https://console.example.evil.example", "cross-site", False),
        ("https://evil.example", "cross-site", False),
        ("https://evil.example", "same-origin", False),
        ("null", None, False),
        ("", None, False),
        ("http://[", None, False),
    ],
)
def test_only_our_own_pages_and_programs_may_use_a_cookie_to_write(
    origin: str | None, fetch_site: str | None, ours: object
) -> None:
    allowed = ("https://console.example/",)
    assert (
        is_our_own(
            origin=origin,
            fetch_site=fetch_site,
            own_origin="https://registry.example",
            allowed_origins=allowed,
        )
        is ours
    )
