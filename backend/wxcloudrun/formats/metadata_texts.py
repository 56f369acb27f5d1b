"""Finds the version in the text formats that packages carry: header fields, properties, JSON, YAML."""

import json
import re
from collections.abc import Mapping

import yaml

from wxcloudrun.formats.bounded import Deadline, UnreadablePackage, unreadable

# A chart's description is short, and the YAML scanner is slow: a megabyte would cost it seconds.
YAML_BYTES = 256 * 1024
YAML_DEPTH = 64
FOLDED_CHARACTERS = 1024
# What node-semver reads when it is told to be loose. Longer numbers are none to JavaScript.
_NPM_VERSION = re.compile(
    r"""
    [v=\s]*+ (?P<numbers> [0-9]{1,16} [.] [0-9]{1,16} [.] [0-9]{1,16} )
    (?: -? (?P<stage> [0-9a-z-]+ (?: [.] [0-9a-z-]+ )* ) )?
    (?P<build> [+] [0-9a-z-]+ (?: [.] [0-9a-z-]+ )* )? \s*
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def header_fields(text: bytes, *names: str, unfold: bool = False) -> Mapping[str, str]:
    """Read `Name: value` lines with these names, in lower case, up to the first empty line.

    Of a name that is repeated the first line counts.
    With `unfold`, a line that begins with one space continues the value before it (JAR manifests); otherwise
    such lines are passed over, because a version never has a second line.
    """
    fields: dict[str, str] = {}
    name = ""
    for line in text.decode("utf-8", "replace").splitlines():
        if not line:
            break
        if line[0] in " \t":
            if unfold and name and len(fields[name]) < FOLDED_CHARACTERS:
                fields[name] += line[1:]
            continue
        key, colon, value = line.partition(":")
        key = key.strip().lower()
        name = key if colon and key in names and key not in fields else ""
        if name:
            fields[name] = value.strip()
    return fields


def property_value(text: bytes, name: str) -> str | None:
    """Return the value of `name=value` in a Java properties file, of the last such line, as Java does."""
    value = None
    for line in text.decode("latin-1").splitlines():
        key, _, rest = line.strip().partition("=")
        if key.rstrip() == name:
            value = rest.strip()
    return value


def npm_version(text: bytes) -> str | None:
    """Return the `version` of a package.json as npm cleans it; raises as `json_version` does.

    `v1.2.3` and `=1.2.3` are 1.2.3, `1.2.3beta` is 1.2.3-beta, `01.2.3` is 1.2.3. Build metadata, which npm
    drops, is kept: it tells builds apart. What npm would not take is returned as it is.
    """
    version = json_version(text)
    return None if version is None else cleaned_npm_version(version)


def cleaned_npm_version(version: str) -> str:
    """Return a version as npm cleans it."""
    cleaned = _NPM_VERSION.fullmatch(version)
    if cleaned is None:
        return version
    numbers = ".".join(str(int(number)) for number in cleaned["numbers"].split("."))
    stage = f"-{cleaned['stage']}" if cleaned["stage"] else ""
    return f"{numbers}{stage}{cleaned['build'] or ''}"


def json_version(text: bytes) -> str | None:
    """Return the `version` of a JSON object; raise UnreadablePackage for malformed or too deep JSON."""
    return json_text(text, "version")


def json_text(text: bytes, key: str) -> str | None:
    """Return a text in a JSON object by its key; raises as `json_version` does."""
    with unreadable(ValueError, RecursionError):
        document = json.loads(text)
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def refuse_constant(constant: str) -> None:
    """Refuse what Python reads as a number and JSON does not have."""
    message = f"{constant} is no JSON"
    raise ValueError(message)


def yaml_version(text: bytes, deadline: Deadline) -> str | None:
    """Return the scalar under the top-level key `version` exactly as it is written (1.10 stays 1.10).

    Only events are read and nothing is constructed, so aliases are never followed. Raises UnreadablePackage.
    """
    if len(text) > YAML_BYTES:
        raise UnreadablePackage("the YAML is too large")
    with unreadable(yaml.YAMLError, ValueError, OverflowError):
        return _first_version(text, deadline)


def _first_version(text: bytes, deadline: Deadline) -> str | None:
    depth = 0
    nodes = 0  # finished nodes inside the top-level mapping: an even number means that a key comes next
    key = ""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        deadline.check()
        if isinstance(event, yaml.DocumentEndEvent):
            return None
        if isinstance(event, yaml.ScalarEvent) and depth == 1:
            if nodes % 2 and key == "version":
                return str(event.value)
            key = "" if nodes % 2 else str(event.value)
        elif depth == 1 and not isinstance(event, yaml.CollectionEndEvent):
            key = ""
        depth += _change_of_depth(event, depth)
        nodes += depth == 1 and _ends_a_node(event)
    return None


def _change_of_depth(event: yaml.Event, depth: int) -> int:
    if isinstance(event, yaml.CollectionEndEvent):
        return -1
    if not isinstance(event, yaml.CollectionStartEvent):
        return 0
    if depth == YAML_DEPTH or (depth == 0 and not isinstance(event, yaml.MappingStartEvent)):
        raise UnreadablePackage("the YAML is too deep or no mapping")
    return 1


def _ends_a_node(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent | yaml.AliasEvent | yaml.CollectionEndEvent)
