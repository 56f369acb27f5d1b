"""What projects, packages and tags may be called, and the types that schemas use for it.

A name that is not well-formed is refused in a body (422) and simply does not exist in a URL (404);
it never reaches SQL.
"""

import re
from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
# A part of a repository's name in the distribution specification of OCI.
NEW_PROJECT = re.compile(r"(?=.{1,128}$)[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
SHA256 = re.compile(r"[0-9a-f]{64}")
RESERVED_PACKAGES = frozenset({"packages", "members"})  # they stand in URLs where a package's name would
RESERVED_TAGS = frozenset({"active"})  # a reference of its own
# What programs write for a value that they do not have. As the name of something new nobody means it; what
# has it from earlier times can still be read and deleted.
UNSAID = frozenset({"undefined", "null"})


def check_project_name(name: str) -> str:
    """Return `name`; WrongValue that says what a project may be called."""
    if not NAME.fullmatch(name):
        raise WrongValue(text("use 1 to 128 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit"))
    return name


def check_new_project_name(name: str) -> str:
    """Return `name`; WrongValue that says what a new project may be called.

    It begins the names of images, so it has to be what they may begin with.
    """
    if not NEW_PROJECT.fullmatch(check_project_name(name)):
        raise WrongValue(
            text("end with a letter or digit, and have between two of them only '.', '_', '__' or hyphens")
        )
    return name


def check_generic_name(name: str) -> str:
    """Return `name`; WrongValue that says what a package of no other format may be called."""
    if name in RESERVED_PACKAGES:
        raise WrongValue(text("this name is reserved"))
    return check_project_name(name)


def check_tag_name(name: str) -> str:
    """Return `name`; WrongValue that says what a tag may be called."""
    if name in RESERVED_TAGS or SHA256.fullmatch(name):
        raise WrongValue(text("this name is reserved"))
    if not TAG.fullmatch(name):
        raise WrongValue(
            text("use 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-', beginning with a letter or digit")
        )
    return name


def check_said(name: str) -> str:
    """Return `name`; WrongValue for what stands where a program had no name to send."""
    if name in UNSAID:
        raise WrongValue(
            text(
                '"{name}" is what a program writes for a missing value; leave the field out instead',
                name=name,
            )
        )
    return name


def check_sha256(digest: str) -> str:
    """Return `digest`; WrongValue unless it is a SHA-256 in lower-case hex."""
    if not is_sha256(digest):
        raise WrongValue(text("a SHA-256 is 64 lower-case hex digits"))
    return digest


def is_name(name: str) -> bool:
    """Tell whether a project or package can have this name."""
    return NAME.fullmatch(name) is not None


def is_tag(name: str) -> bool:
    """Tell whether a tag can have this name."""
    return TAG.fullmatch(name) is not None and name not in RESERVED_TAGS and not SHA256.fullmatch(name)


def is_sha256(digest: str) -> bool:
    """Tell whether this is a SHA-256 digest as the API writes it."""
    return SHA256.fullmatch(digest) is not None


def described(pattern: re.Pattern[str], *, but_not: Collection[str] = ()) -> WithJsonSchema:
    """Say in a schema what a checking function demands; `but_not` are patterns."""
    exclusion = f"(?!({'|'.join(sorted(but_not))})$)" if but_not else ""
    return WithJsonSchema({"type": "string", "pattern": f"^{exclusion}{pattern.pattern}$"})


PROJECT_NAME = described(NAME)
NEW_PROJECT_NAME = described(NEW_PROJECT)
GENERIC_NAME = described(NAME, but_not=RESERVED_PACKAGES)
TAG_NAME = described(TAG, but_not={*RESERVED_TAGS, SHA256.pattern})
NEW_TAG_NAME = described(TAG, but_not={*RESERVED_TAGS, *UNSAID, SHA256.pattern})
ARTIFACT_ID = described(SHA256)

ProjectName = Annotated[str, AfterValidator(check_project_name), PROJECT_NAME]
NewProjectName = Annotated[str, AfterValidator(check_new_project_name), NEW_PROJECT_NAME]
GenericName = Annotated[str, AfterValidator(check_generic_name), GENERIC_NAME]
TagName = Annotated[str, AfterValidator(check_tag_name), TAG_NAME]
NewTagName = Annotated[str, AfterValidator(check_tag_name), AfterValidator(check_said), NEW_TAG_NAME]
ArtifactId = Annotated[str, AfterValidator(check_sha256), ARTIFACT_ID]
