"""What is looked for, and what of a question may be told to another registry: no SQL, no HTTP."""

import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wxcloudrun.kit.errors import Malformed, TooLarge
from wxcloudrun.kit.texts import text

MOST_DOCUMENT_BYTES = 4 * 1024 * 1024  # unpacked
MOST_TEXT, MOST_WORDS = 200, 8
MOST_HITS, USUAL_HITS, FARTHEST = 250, 20, 10_000
GZIP = 16 + zlib.MAX_WBITS
SCOPE = "scope:"
PARTS = ("requires", "dependencies")  # of a tree: names with what they need, names with trees of their own


@dataclass(frozen=True, slots=True)
class WantedPackages:
    """What names or descriptions must have in them, all of it, and the scope of the name."""

    words: tuple[str, ...]
    scope: str | None = None

    @classmethod
    def of(cls, given: str) -> "WantedPackages":
        """Read what somebody types: words, and `scope:name` for those of a scope."""
        words = given[:MOST_TEXT].lower().split()[:MOST_WORDS]
        scopes = [each.removeprefix(SCOPE).lstrip("@") for each in words if each.startswith(SCOPE)]
        plain = tuple(each for each in words if not each.startswith(SCOPE))
        return cls(plain, next((each for each in scopes if each), None))


def within(given: str | None, usual: int, most: int) -> int:
    """Read a number that may be anything, and keep it within bounds."""
    if given is None or not (given.isascii() and given.isdigit()) or len(given) > 9:
        return usual
    return min(int(given), most)


def unpacked(body: bytes, coding: str) -> bytes:
    """Undo the content coding that npm sends, up to a bound. Raises Malformed, TooLarge."""
    if coding != "gzip":
        return body
    unpacking = zlib.decompressobj(GZIP)
    try:
        plain = unpacking.decompress(body, MOST_DOCUMENT_BYTES + 1)
    except zlib.error:
        raise Malformed(text("the body is no gzip")) from None
    if len(plain) > MOST_DOCUMENT_BYTES:
        raise TooLarge(
            text("the body may have {limit} bytes unpacked", limit=MOST_DOCUMENT_BYTES),
            limit=MOST_DOCUMENT_BYTES,
        )
    if not unpacking.eof or unpacking.unused_data:
        raise Malformed(text("the body is no gzip"))
    return plain


def names_in_tree(tree: Mapping[str, Any]) -> Iterator[str]:
    """Yield every name in the tree of somebody's packages."""
    for node in nodes_of(tree):
        for part in PARTS:
            yield from named(node, part)


def pruned_tree(tree: Mapping[str, Any], hosted: Collection[str]) -> dict[str, Any]:
    """Return what may be told of a tree: nothing but names and versions, without those that lie here.

    What a package that lies here needs goes with it, and so does what the whole is called.
    """
    top: dict[str, Any] = {"name": "project", "version": "0.0.0"}
    waiting = [(tree, top)]
    while waiting:
        node, kept = waiting.pop()
        needs = {name: each for name, each in named(node, "requires").items() if isinstance(each, str)}
        kept["requires"] = {name: each for name, each in needs.items() if name not in hosted}
        kept["dependencies"] = {}
        for name, child in named(node, "dependencies").items():
            if name in hosted or not isinstance(child, Mapping):
                continue
            version = child.get("version")
            said: dict[str, Any] = {"version": version if isinstance(version, str) else "0.0.0"}
            said |= {flag: True for flag in ("dev", "optional") if child.get(flag) is True}
            kept["dependencies"][name] = said
            waiting.append((child, said))
    return top


def nodes_of(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a tree and all that are in it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [each for each in named(node, "dependencies").values() if isinstance(each, Mapping)]


def named(node: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """Return what stands in a part of a node, under names; nothing if it is something else."""
    found = node.get(part)
    return found if isinstance(found, Mapping) else {}


def asked_versions(document: Mapping[str, Any], hosted: Collection[str]) -> dict[str, list[str]]:
    """Return what may be told of a list of names with versions: those that do not lie here."""
    return {
        name: [each for each in versions if isinstance(each, str)]
        for name, versions in document.items()
        if name not in hosted and isinstance(versions, list)
    }


def nothing_found() -> dict[str, Any]:
    """Return the answer about a tree of which nothing is known."""
    levels = ("info", "low", "moderate", "high", "critical")
    counted = {
        "vulnerabilities": dict.fromkeys(levels, 0),
        "dependencies": 0,
        "devDependencies": 0,
        "optionalDependencies": 0,
        "totalDependencies": 0,
    }
    return {"actions": [], "advisories": {}, "muted": [], "metadata": counted}
