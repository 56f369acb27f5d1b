"""What may be an e-mail address, a user name, a password, and which browser requests are our own."""

import pytest

from wxcloudrun.accounts.rules import (
    canonical_email,
    check_password,
    check_username,
    is_our_own,
    username_from,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("admin@localhost.localdomain", "admin@localhost.localdomain"),
        ("a@localhost", "a@localhost"),
        ("a@registry.test", "a@registry.test"),
        ("a@host.local", "a@host.local"),
        ("jürgen@exämple.com", "jürgen@exämple.com"),
    ],
)
def test_an_address_has_one_spelling_and_may_be_private(typed: str, stored: str) -> None:
    assert canonical_email(typed) == stored
    assert canonical_email(stored) == stored


@pytest.mark.parametrize("typed", ["", "ada", "a@", "@b.com", "a b@c.com", "a@b@c.com", "x" * 250 + "@b.com"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_email(typed)


@pytest.mark.parametrize("name", ["Ada", "陈", "a b", "x" * 150])
def test_names_of_people_may_be_in_any_script(name: str) -> None:
    assert check_username(name) == name


@pytest.mark.parametrize("name", ["", " a", "a\n", "a\u202eb", "a\x00", "x" * 151])
def test_names_that_deceive_or_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        check_username(name)


@pytest.mark.parametrize("password", ["12345678", "äöüß", "x" * 1024])
def test_passwords_are_measured_in_bytes(password: str) -> None:
    assert check_password(password) == password


@pytest.mark.parametrize("password", ["1234567", "ä" * 3 + "x", "x" * 1025, "ä" * 513])
def test_passwords_out_of_bounds_are_refused(password: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        check_password(password)


def test_who_gives_no_name_is_called_like_their_mailbox() -> None:
    assert username_from("ada@example.com") == "ada"


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
        is_our_own(origin=origin, fetch_site=fetch_site, host="registry.example", allowed_origins=allowed)
        is ours
    )
