"""Finds the version in the name of a file, as in myapp-1.2.3.tar.gz."""

import re

VERSION_CHARACTERS = 128

# Endings that are no part of a version; those that begin with a digit would be read as one.
_ENDINGS = re.compile(
    r"(?:\.(?:pkg\.tar|tar))?\.(?:gz|bz2|xz|zst|lz4|lzma|lz|br|z)"
    r"|\.(?:tar|tgz|tbz2?|txz|tzst|zip|7z|rar|cab|whl|egg|crate|gem|nupkg|conda|vsix|phar|box|ova)"
    r"|\.(?:jar|war|ear|aar|apk|aab|apks|xapk|ipa|hap|deb|udeb|rpm|msi|msix|exe|dmg|pkg|appimage|snap|flatpak)"
    r"|\.(?:bin|iso|img|qcow2|vmdk|wasm|so|dll|js|css|map|json|ya?ml|xml|html?|txt|md|pdf|csv|nar|drv)"
    r"|\.(?:png|jpe?g|gif|svg|webp|mp[34]|m4[av]|h26[45]|mkv|3gp|3g2|3mf|3ds|sha256|sha512|md5|sig|asc)",
    re.IGNORECASE,
)

# A number that is glued to a name belongs to the name (python3.12-thing, mp4, amd64), so a version stands at
# the beginning, behind a separator, or behind a dot that follows a letter (Some.Library.13.0.3).
_VERSION = re.compile(
    r"""
    (?: ^ | (?<=[-_@\ (~]) (?<!x86[-_]) | (?<=[a-z]\.) )
    v?
    (?P<version>
        [0-9]++ (?: \. [0-9]++ )++
        (?:                                                    # at most three steps, as in a1.post2.dev3
            [-._~]? (?: alpha|beta|preview|pre|rc|milestone|post|dev|snapshot|nightly|canary|next )
                    (?: [.-]?[0-9]++ (?![a-z0-9]) )*+ (?![a-z0-9])
            | [-._~]? [abcmr]\.?[0-9]++ (?![a-z0-9])
        ){0,3}+
        [a-wyz]?                                               # OpenSSL counts 1.1.1v, 1.1.1w
        (?![a-z0-9])
        (?: \+ [a-z0-9]++ (?: [.-] [a-z0-9]++ )*+ )?+
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_BEGINS_WITH_TWO_NUMBERS = re.compile(r"(?:[0-9]+(?::|%3a|!))?v?[0-9]+\.[0-9]+", re.IGNORECASE | re.ASCII)
_LEGAL_VERSION = re.compile(r"[!-.0-~]+")


def version_in_filename(filename: str) -> str | None:
    """Return the first version in a file name: at least two numbers with dots between, without a leading v.

    Wheels, .deb and .rpm files name theirs at a fixed place, with build, epoch or revision. Elsewhere a
    prerelease (-rc.1, b2, .dev3, -SNAPSHOT) and build metadata belong to it; platforms behind it do not.
    """
    lowered = filename.lower()
    if lowered.endswith(".whl"):
        return _at_fixed_place(filename[:-4].split("-"), 1)
    if lowered.endswith((".deb", ".udeb")) and filename.count("_") == 2:
        return _at_fixed_place(re.sub("%3a", ":", filename, flags=re.IGNORECASE).split("_"), 1)
    if lowered.endswith(".rpm"):
        # name-version-release.architecture.rpm, where the name may have hyphens and the rest may not
        parts = filename[:-4].rpartition(".")[0].rsplit("-", 2)
        return _at_fixed_place(["-".join(parts[1:])], 0)
    found = _VERSION.search(_without_ending(filename))
    return _legal(found["version"]) if found else None


def _at_fixed_place(parts: list[str], place: int) -> str | None:
    text = parts[place] if place < len(parts) else ""
    return _legal(text.removeprefix("v")) if _BEGINS_WITH_TWO_NUMBERS.match(text) else None


def _legal(version: str) -> str | None:
    return version if len(version) <= VERSION_CHARACTERS and _LEGAL_VERSION.fullmatch(version) else None


def _without_ending(filename: str) -> str:
    # An ending has at most two dots, and no one of these is longer than 16 characters.
    for dot in (place for place, character in enumerate(filename) if character == "."):
        if len(filename) - dot <= 16 and _ENDINGS.fullmatch(filename, dot):
            return filename[:dot]
    return filename
