"""What may be an e-mail address, a user name or a password."""

import pytest

from wxcloudrun.users.rules import (
    canonical_email,
    check_password,
    check_username,
    username_from,
    username_key,
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


@pytest.mark.parametrize("name", ["service:ci", "Service:ci", "\uff53ervice:ci", "ser\u3164vice:ci"])
def test_nobody_is_called_like_a_service_account(name: str) -> None:
    with pytest.raises(ValueError, match="service"):
        check_username(name)


@pytest.mark.parametrize("name", ["ada@example.com", "@ada", "ada\uff20example.com"])
def test_nobody_is_called_like_an_address(name: str) -> None:
    with pytest.raises(ValueError, match="@"):
        check_username(name)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("grace", "Grace"),
        ("grace", "\uff47\uff52\uff41\uff43\uff45"),
        ("grace", "gr\u034face"),
        ("a b", "a  b"),
        ("straße", "STRASSE"),
        ("Zoë", "Zoe\u0308"),
        ("\ufb01ona", "fiona"),
        ("陈", "陈\ufe00"),
    ],
)
def test_names_that_are_taken_for_the_same_have_one_key(name: str, same: str) -> None:
    assert username_key(name) == username_key(same)


def test_other_names_have_other_keys() -> None:
    names = ["grace", "grace-1", "gr ace", "grâce", "陈", "沉"]

    assert len({username_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("email", "name"), [("ada@example.com", "ada"), ("\u3164@example.com", "user"), ("", "user")]
)
def test_who_gives_no_name_has_one_that_others_could_have(email: str, name: str) -> None:
    assert username_from(email) == name


@pytest.mark.parametrize("password", ["mvv8!kqz", "äöüß", "x" * 1024])
def test_passwords_are_measured_in_bytes(password: str) -> None:
    assert check_password(password) == password


@pytest.mark.parametrize("password", ["1234567", "ä" * 3 + "x", "x" * 1025, "ä" * 513])
def test_passwords_out_of_bounds_are_refused(password: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        check_password(password)


def test_who_gives_no_name_is_called_like_their_mailbox() -> None:
    assert username_from("ada@example.com") == "ada"
