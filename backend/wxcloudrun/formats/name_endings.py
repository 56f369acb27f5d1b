"""Cuts the endings off a file name, which could be read as a part of a version (`.7z`, `.001`, `.p12`)."""

import re

from wxcloudrun.formats.content_types import KNOWN_ENDINGS

MOST_ENDINGS = 6
_COMPRESSIONS = {"gz", "bz2", "xz", "zst", "lz4", "lzma", "lz", "br", "z"}
_CHECKSUMS = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha256sum", "sha512sum"}
_WRAPPERS = _COMPRESSIONS | _CHECKSUMS | {"asc", "sig", "gpg"}
# Debian's sources, and names that no type goes with.
_ENDINGS = KNOWN_ENDINGS | {"orig", "debian", "app", "old", "new"}
# 6.0.0.CR2.tar.gz holds no photo: what could be a stage is an ending only at the very end.
_INNER_ENDINGS = frozenset(each for each in _ENDINGS if not re.fullmatch("[a-z]{1,2}[0-9]+|[a-z]", each))
_VOLUME = re.compile(r"[0-9]{3}|[rz][0-9]{2}|part[0-9]{1,3}", re.ASCII)


def split_endings(filename: str) -> tuple[str, str]:
    """Return the name without its endings, and what the file is, such as "deb" or "orig.tar".

    What is wrapped around a file is no part of what it is: compressions, signatures, checksums, and the
    numbers of the volumes of an archive.
    """
    stem, kind, known = filename, "", _ENDINGS
    for _ in range(MOST_ENDINGS):
        dot = stem.rfind(".")
        ending = stem[dot + 1 :].lower()
        if dot < 0 or not (ending in known or _is_volume(stem[:dot], ending)):
            break
        stem, known = stem[:dot], _INNER_ENDINGS
        if kind:
            kind = f"{ending}.{kind}"
        elif ending in _ENDINGS and ending not in _WRAPPERS:
            kind = ending
    return stem, kind


def _is_volume(rest: str, ending: str) -> bool:
    return _VOLUME.fullmatch(ending) is not None and rest.rpartition(".")[2].lower() in _ENDINGS
