"""What a package is called: in the words of its format, and in our own API.

Our API calls a package of another format `format:name`, with `~` for each `/`, so that the name is one
segment of a path: `pypi:hello-h7`, `npm:@h7~lib`, `oci:web~backend`. No generic name has a `:`.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import AfterValidator, WithJsonSchema

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import NAME, RESERVED_PACKAGES, check_generic_name, is_name
from wxcloudrun.kit.texts import Text, text

WRITTEN_CHARACTERS = 255  # of a name as our API writes it
NPM_CHARACTERS = 214
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"


class Format(enum.StrEnum):
    """Whose rules a package follows: ours, or those of a client with a protocol of its own."""

    GENERIC = "generic"
    PYPI = "pypi"
    NPM = "npm"
    OCI = "oci"


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a format takes as a name, written natively, and how it says so."""

    pattern: re.Pattern[str]
    rule: Text
    characters: int = WRITTEN_CHARACTERS


NATIVE: Mapping[Format, Grammar] = {
    Format.PYPI: Grammar(
        re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),  # PEP 508
        text("a name on PyPI has letters, digits, '.', '_', '-', and begins and ends with a letter or digit"),
    ),
    Format.NPM: Grammar(
        re.compile(r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"),
        text("a name of npm is lib or @scope/lib, of a-z, 0-9, '.', '_', '-', at most 214 characters"),
        NPM_CHARACTERS,
    ),
    Format.OCI: Grammar(
        re.compile(rf"{COMPONENT}(?:/{COMPONENT})*"),  # the distribution specification of OCI, <name>
        text("a name of OCI has parts of a-z, 0-9 with single '.', '_', '__' or hyphens within them"),
    ),
}
RUNS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class PackageName:
    """A name in its canonical form; `given` is how somebody wrote it, in the words of its format."""

    format: Format
    name: str
    given: str = field(default="", compare=False)

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read a name as our API writes it. WrongValue says what is wrong with it."""
        prefix, colon, rest = written.partition(":")
        if not colon:
            return cls(Format.GENERIC, check_generic_name(written), written)
        if prefix not in set(NATIVE):
            raise WrongValue(text("before the colon stands a format: pypi, npm or oci"))
        if "/" in rest:
            raise WrongValue(text('write "~" for each "/" of the name'))
        return cls.native(Format(prefix), rest.replace("~", "/"))

    @classmethod
    def native(cls, format: Format, given: str) -> Self:  # noqa: A002 - what everybody calls it
        """Read a name as the clients of a format write it. WrongValue says what is wrong with it."""
        if format is Format.GENERIC:
            return cls(format, check_generic_name(given), given)
        found = cls(format, RUNS.sub("-", given).lower() if format is Format.PYPI else given, given)
        grammar = NATIVE[format]
        if not grammar.pattern.fullmatch(given) or len(given) > grammar.characters:
            raise WrongValue(grammar.rule)
        if len(found.written) > WRITTEN_CHARACTERS:
            raise WrongValue(text("a name has at most {limit} characters", limit=WRITTEN_CHARACTERS))
        return found

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Read a name out of a URL; None if no package can be called so."""
        if is_name(written):  # what most are, and asked with each request
            return cls(Format.GENERIC, written, written)
        try:
            return cls.parse(written)
        except WrongValue:
            return None

    @classmethod
    def parse_row(cls, format: str, name: str) -> Self:  # noqa: A002 - what everybody calls it
        """Read what two columns hold."""
        return cls(Format(format), name)

    @property
    def written(self) -> str:
        """How our API writes it."""
        return written_in(self.format, self.name)

    @property
    def written_as_given(self) -> str:
        """How our API writes it in the spelling of whoever gave it; `parse` reads it again."""
        return written_in(self.format, self.given or self.name)

    @property
    def display_name(self) -> str | None:
        """How somebody wrote it, if that says more than the canonical form."""
        return None if self.given in ("", self.name) else self.given


def written_in(format: Format, native: str) -> str:  # noqa: A002 - what everybody calls it
    """Write a native name as our API does."""
    return native if format is Format.GENERIC else f"{format}:{native.replace('/', '~')}"


def written_name(format: str, name: str) -> str:  # noqa: A002 - what everybody calls it
    """Return how our API writes what two columns hold."""
    return PackageName.parse_row(format, name).written


def is_of_format(written: str, format: Format) -> bool:  # noqa: A002 - what everybody calls it
    """Tell whether our API writes the names of a format so."""
    return written.startswith(f"{format}:")


def check_package_name(written: str) -> str:
    """Return `written`; WrongValue that says what a package may be called."""
    PackageName.parse(written)
    return written


def url_pattern() -> str:
    """Return the pattern of names as our API writes them, up to WRITTEN_CHARACTERS."""
    native = (
        f"{each}:(?=.{{1,{grammar.characters}}}$){grammar.pattern.pattern.replace('/', '~')}"
        for each, grammar in NATIVE.items()
    )
    generic = f"(?!(?:{'|'.join(sorted(RESERVED_PACKAGES))})$){NAME.pattern}"
    return f"^(?:{'|'.join((generic, *native))})$"


PACKAGE_NAME = WithJsonSchema({"type": "string", "pattern": url_pattern(), "maxLength": WRITTEN_CHARACTERS})
AnyPackageName = Annotated[str, AfterValidator(check_package_name), PACKAGE_NAME]
