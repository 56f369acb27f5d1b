"""Where a service is, and what stands in its URLs."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pkgctl.errors import ExitCode, LocalProblem

DEFAULT_SERVER = "http://127.0.0.1:8080"
SHA256 = re.compile(r"[0-9a-f]{64}")


def canonical_server(text: str) -> str:
    """Return the base URL of a service, in the one form in which its profile is kept.

    ValueError if it is not an http or https URL, or carries a user, a query or a fragment.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        message = f"{text!r} is not a URL"
        raise ValueError(message) from error
    if parts.scheme not in {"http", "https"} or not host:
        message = f"{text!r} is not a URL such as https://registry.example.com"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "the URL of the service has no user, query or fragment; a token belongs in PKGCTL_TOKEN"
        raise ValueError(message)
    shown = f"[{host}]" if ":" in host else host
    where = f"{shown}:{port}" if port is not None else shown
    path = parts.path.rstrip("/").removesuffix("/api/v1").rstrip("/")
    return f"{parts.scheme}://{where}{path}"


def travels_in_the_clear(server: str) -> bool:
    """Tell whether what is sent to a service can be read on the way: http, and not to this machine."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def path(*segments: object) -> str:
    """Return an API path of segments that may hold any character.

    Raises LocalProblem for `.` and `..`: HTTP clients remove them from URLs, even escaped, and would ask
    for something else.
    """
    texts = [str(each) for each in segments]
    if not {".", "..", ""}.isdisjoint(texts):
        raise LocalProblem("'.', '..' and '' are no names", ExitCode.USAGE, reason="bad_name")
    return "/api/v1/" + "/".join(quote(each, safe="+") for each in texts)


@dataclass(frozen=True, slots=True)
class PackagePath:
    """`PROJECT/PACKAGE`."""

    project: str
    package: str

    def __str__(self) -> str:
        return f"{self.project}/{self.package}"

    def path(self, *rest: object) -> str:
        """Return the path of something in this package."""
        return path("project", self.project, self.package, *rest)

    @property
    def itself(self) -> str:
        """Return the path of the package."""
        return path("project", self.project, "packages", self.package)


@dataclass(frozen=True, slots=True)
class PackageRef:
    """`PROJECT/PACKAGE[@REF]`; without a reference the latest release is meant."""

    name: PackagePath
    ref: str

    def __str__(self) -> str:
        return f"{self.name}@{self.ref}"

    @property
    def content(self) -> str:
        """Return the path of the bytes."""
        return self.name.path("+", self.ref)


def parse_package(text: str) -> PackagePath:
    """Read `PROJECT/PACKAGE`, where `npm:@scope/name` may be written as npm does. Raises ValueError."""
    project, slash, package = text.partition("/")
    if ":" in package:
        package = package.replace("/", "~")
    if not (project and slash and package) or "/" in package:
        message = f"{text!r} is not PROJECT/PACKAGE"
        raise ValueError(message)
    return PackagePath(project, package)


def parse_ref(text: str) -> PackageRef:
    """Read `PROJECT/PACKAGE[@REF]`. Raises ValueError."""
    name, ref = split_ref(text)
    return PackageRef(name, ref or "latest")


def split_ref(text: str) -> tuple[PackagePath, str | None]:
    """Read `PROJECT/PACKAGE[@REF]`; the reference is None if there is none. Raises ValueError."""
    head, scoped, rest = text.partition(":@")
    if not scoped or "@" in head:
        head, scoped, rest = "", "", text
    name, at, ref = rest.partition("@")
    name = head + scoped + name
    if at and not ref:
        message = f"{text!r} names no reference after the @"
        raise ValueError(message)
    return parse_package(name), ref or None
