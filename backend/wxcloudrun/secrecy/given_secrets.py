"""The secrets that the settings give, by the names of their settings: which are too weak for production."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from wxcloudrun.secrecy import strength

GENERATED = ("JWT_SECRET_KEY", "API_KEY_SECRET")
PREVIOUS = ("JWT_PREVIOUS_SECRET_KEY", "API_KEY_PREVIOUS_SECRET")  # in the order of those that they preceded

type GivenSecrets = Mapping[str, str]


def refuse_short(given: GivenSecrets) -> None:
    """Raise ValueError for a secret that is short or repeats a few characters, wherever the service runs."""
    for name in (*GENERATED, *PREVIOUS):
        if name in given and strength.is_short_or_plain(given[name]):
            message = f"{name} must be at least {strength.MIN_SECRET_BYTES} random bytes"
            raise ValueError(message)


def weaknesses(given: GivenSecrets) -> Iterator[str]:
    """Return which secrets production does not take, each with what is wrong with it."""
    for name, secret in given.items():
        if (weakness := weakness_of(name, secret)) is not None:
            yield f"{name} {weakness}"
    for number, name in enumerate(GENERATED):
        for other in (*GENERATED[number + 1 :], *PREVIOUS):
            if given.get(other) == given[name]:
                yield f"{name} and {other} must differ"


def weakness_of(name: str, secret: str) -> str | None:
    """Return what is wrong with a secret, None if nothing is."""
    if name in GENERATED:
        return strength.weakness_of(secret)
    if name in PREVIOUS:  # a weak one has to be changed, and for that it has to be accepted
        return strength.KNOWN if strength.is_published(secret) else None
    if name == "METRICS_TOKEN":
        return strength.weakness_of(secret, strength.MIN_TOKEN_BITS)
    return strength.KNOWN if strength.is_known(secret) else None


def password_in(url: str) -> str | None:
    """Return the password in a URL, None if there is none."""
    password = urlsplit(url).password
    return None if password is None else unquote(password)
