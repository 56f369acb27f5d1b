"""What single settings may be: each function returns a good value, and says in a ValueError what one is."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from wxcloudrun.net.fetch import AllowedHost
from wxcloudrun.stores.limits.port import RateLimit

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_BUCKET = re.compile(r"^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$")
DATABASE_DRIVERS = frozenset({"sqlite", "mysql+pymysql"})


def check_origin(text: str) -> str:
    """Return an origin as browsers write it (RFC 6454); ValueError if `text` is none."""
    parts = urlsplit(text.lower().removesuffix("/"))
    if parts.scheme not in {"http", "https"} or parts.geturl() != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("name origins such as https://app.example.com, without a path and without *")
    return parts.geturl()


def check_redis_url(url: SecretStr) -> SecretStr:
    """Return `url`; ValueError unless it names a Redis."""
    try:
        parts = urlsplit(url.get_secret_value())
        is_redis = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
        is_redis = is_redis and (parts.path.strip("/") or "0").isdigit()
    except ValueError:
        is_redis = False
    if not is_redis:
        raise ValueError("must look like redis://host:6379/0, or rediss:// for TLS")
    return url


def read_list(value: object) -> object:
    """Read what blanks or commas separate."""
    return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value


def check_database_url(url: SecretStr) -> SecretStr:
    """Return `url`; ValueError unless it names a database that the service can use."""
    try:
        driver = make_url(url.get_secret_value()).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in DATABASE_DRIVERS:
        message = "must be a URL that begins with sqlite:/// or mysql+pymysql://"
        raise ValueError(message)
    return url


def check_web_address(url: str) -> str:
    """Return `url`; ValueError unless it is where a browser could go."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = "must begin with http:// or https:// and name a host"
        raise ValueError(message)
    return url


def check_bucket(name: str) -> str:
    """Return `name`; ValueError unless S3 takes it for a bucket (Amazon's rules for general buckets)."""
    is_address = re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name) is not None
    if not BUCKET.fullmatch(name) or ".." in name or is_address or RESERVED_BUCKET.search(name):
        message = (
            "must be the name of an S3 bucket: 3 to 63 lower-case letters, digits, hyphens and dots, with a "
            "letter or digit at both ends, no address and no name that S3 keeps for itself"
        )
        raise ValueError(message)
    return name


def refuse_halves(pair: Mapping[str, object | None]) -> None:
    """Raise ValueError if of settings that mean something together only one is given."""
    if len({value is None for value in pair.values()}) > 1:
        message = f"{' and '.join(pair)} must be set together"
        raise ValueError(message)


def read_rate_limit(value: RateLimit | str) -> RateLimit:
    """Read a setting such as `10/minute`."""
    return value if isinstance(value, RateLimit) else RateLimit.parse(value)


def read_allowed_host(value: AllowedHost | str) -> AllowedHost:
    """Read a host such as `files.example.com` or `files.example.com:8443`."""
    return value if isinstance(value, AllowedHost) else AllowedHost.parse(value)


Rate = Annotated[RateLimit, BeforeValidator(read_rate_limit)]
Origin = Annotated[str, AfterValidator(check_origin)]
Host = Annotated[AllowedHost, BeforeValidator(read_allowed_host)]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(read_list)]
Hosts = Annotated[tuple[Host, ...], BeforeValidator(read_list)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
HostAndPort = Annotated[
    str, Field(pattern=re.compile(r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?$"))
]
SyslogAddress = Annotated[
    str, Field(pattern=re.compile(r"^(/[^\s]+|([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5})$"))
]
