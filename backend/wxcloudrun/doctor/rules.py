"""What settings say about themselves; no database, no disk."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from wxcloudrun.config import Settings
from wxcloudrun.secrecy.given_secrets import weaknesses

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
GUESSES = ("login", "login_account", "login_address", "register", "wechat", "refresh", "members")
MAILS = ("mail", "mail_account")


def of_settings(settings: Settings) -> Iterator[str]:
    """Return what to change in the settings, each a sentence that begins with its name."""
    yield from weaknesses(settings.secrets)
    yield from of_doors(settings)
    yield from of_networks(settings)
    if settings.jwt_previous_secret_key is not None:
        yield (
            "JWT_PREVIOUS_SECRET_KEY: take it out when the change is older than ACCESS_TOKEN_SECONDS and two "
            "minutes; nothing stands on it then"
        )


def of_doors(settings: Settings) -> Iterator[str]:
    """Return which doors stand open that need not."""
    if settings.registers:
        yield "REGISTRATION_ENABLED: anybody who reaches the service can make an account; set it to false"
    if settings.shows_metrics:
        yield "METRICS_TOKEN: everybody may read /metrics; set one, or METRICS_PORT"
    has_own_door = settings.metrics_port is not None and settings.metrics_token is None
    if has_own_door and settings.metrics_host not in LOOPBACK:
        yield "METRICS_TOKEN: METRICS_HOST can be reached from elsewhere; set a token"
    for name in (*GUESSES, *MAILS):
        if getattr(settings, f"ratelimit_{name}").count is None:
            whom = "who has mails sent" if name in MAILS else "who tries passwords or accounts"
            yield f"RATELIMIT_{name.upper()}: it is off; nothing slows down {whom}"


def of_networks(settings: Settings) -> Iterator[str]:
    """Return what is wrong with the way between clients, proxies, stores and the service."""
    if settings.is_https and settings.app_env == "development":
        yield "APP_ENV: PUBLIC_URL is https, but APP_ENV is development; set it to production"
    if settings.hides_clients:
        yield (
            "TRUSTED_PROXY_HOPS: PUBLIC_URL is https, so a proxy stands in front, but none is trusted: all "
            "clients count as one, and one who mistypes passwords locks everybody out; set it to 1"
        )
    if settings.app_env == "production" and not settings.is_https:
        yield "PUBLIC_URL: it is not https; passwords and keys cross the network for everybody to read"
    is_clear = settings.blob_store == "minio" and not settings.minio_secure
    if is_clear and urlsplit(f"//{settings.minio_endpoint}").hostname not in LOOPBACK:
        yield "MINIO_SECURE: artifacts cross the network to the store without TLS; set it to true"
