"""What projects, packages and tags may be called, and the types that schemas use for it.

A name that is not well-formed is refused in a body (422) and simply does not exist in a URL (404);
it never reaches SQL.
"""

import re
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
SHA256 = re.compile(r"[0-9a-f]{64}")
RESERVED_PACKAGES = frozenset({"packages", "members"})  # they stand in URLs where a package's name would
RESERVED_TAGS = frozenset({"active"})  # a reference of its own


def check_project_name(name: str) -> str:
    """Return `name`; ValueError that says what a project may be called."""
    if not NAME.fullmatch(name):
        message = "use 1 to 128 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit"
        raise ValueError(message)
    return name


def check_package_name(name: str) -> str:
    """Return `name`; ValueError that says what a package may be called."""
    if name in RESERVED_PACKAGES:
        message = "this name is reserved"
        raise ValueError(message)
    return check_project_name(name)


def check_tag_name(name: str) -> str:
    """Return `name`; ValueError that says what a tag may be called."""
    if name in RESERVED_TAGS or SHA256.fullmatch(name):
        message = "this name is reserved"
        raise ValueError(message)
    if not TAG.fullmatch(name):
        message = "use 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-', beginning with a letter or digit"
        raise ValueError(message)
    return name


def check_sha256(text: str) -> str:
    """Return `text`; ValueError unless it is a SHA-256 in lower-case hex."""
    if not is_sha256(text):
        message = "a SHA-256 is 64 lower-case hex digits"
        raise ValueError(message)
    return text


def is_name(text: str) -> bool:
    """Tell whether a project or package can have this name."""
    return NAME.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Tell whether a tag can have this name."""
    return TAG.fullmatch(text) is not None and text not in RESERVED_TAGS and not SHA256.fullmatch(text)


def is_sha256(text: str) -> bool:
    """Tell whether this is a SHA-256 digest as the API writes it."""
    return SHA256.fullmatch(text) is not None


def described(pattern: re.Pattern[str], *, but_not: Collection[str] = ()) -> WithJsonSchema:
    """Say in a schema what a checking function demands; `but_not` are patterns."""
    exclusion = f"(?!({'|'.join(sorted(but_not))})$)" if but_not else ""
    return WithJsonSchema({"type": "string", "pattern": f"^{exclusion}{pattern.pattern}$"})


PROJECT_NAME = described(NAME)
PACKAGE_NAME = described(NAME, but_not=RESERVED_PACKAGES)
TAG_NAME = described(TAG, but_not={*RESERVED_TAGS, SHA256.pattern})
ARTIFACT_ID = described(SHA256)

ProjectName = Annotated[str, AfterValidator(check_project_name), PROJECT_NAME]
PackageName = Annotated[str, AfterValidator(check_package_name), PACKAGE_NAME]
TagName = Annotated[str, AfterValidator(check_tag_name), TAG_NAME]
ArtifactId = Annotated[str, AfterValidator(check_sha256), ARTIFACT_ID]
