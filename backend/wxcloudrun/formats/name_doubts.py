"""What looks like a version in a file name and is none: dates, times, addresses, measures, chapters."""

import ipaddress
import re

from wxcloudrun.formats.content_types import type_of_name
from wxcloudrun.formats.name_words import PARTS_OF_A_WORK, RECORD

_FLAGS = re.VERBOSE | re.IGNORECASE | re.ASCII
_YEAR, _MONTH, _DAY = r"(?:19|20)[0-9]{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"

# 12.05.2024, 5.12.2024, 02.2024
_DATE_ENDING_IN_A_YEAR = re.compile(
    rf"(?:0?[1-9]|[12][0-9]|3[01])[.](?:0?[1-9]|[12][0-9]|3[01])[.]{_YEAR} | 0[1-9][.]{_YEAR}", _FLAGS
)
_DATE_BEGINNING_WITH_A_YEAR = re.compile(rf"{_YEAR}[.]{_MONTH}[.]{_DAY}", _FLAGS)
# 12.05.24 or 12.30.45
_THREE_PAIRS = re.compile(r"[0-9]{2}[.][0-9]{2}[.][0-9]{2}", _FLAGS)
_DATE_WITH_A_SHORT_YEAR = re.compile(r"[0-3]?[0-9][.][0-3]?[0-9][.][0-9]{2}", _FLAGS)
_CLOCK = re.compile(r"[0-2]?[0-9][.][0-5][0-9](?:[.][0-5][0-9])?", _FLAGS)
_DATE_BEFORE = re.compile(rf"(?<![0-9]){_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY}[^0-9]{{1,14}}\Z", _FLAGS)
_DATE_BEGUN_BEFORE = re.compile(rf"(?<![0-9]){_YEAR}-{_MONTH}-\Z", _FLAGS)
_DATE_CHARACTERS = 26
_SHORTEST_DATE = 6
# 13.4050 is a place on a map.
_DECIMALS = 4
_MEASURE = re.compile(
    r"""
    [0-9]++[.][0-9]++
    (?: [k-z] (?![a-z0-9])
      | [-_\ ]? (?: [%°€$£¥] | (?: [kmgt]i?b | [kmg]hz | mm | cm | km | kg | inch | px | fps | dpi | kbps
                                 | eur | usd | gbp | cny | rmb ) (?![a-z0-9]) )
    )
    """,
    _FLAGS,
)
_MEDIA = ("image/", "audio/", "video/")
_OFFICE = frozenset({"doc", "docx", "ppt", "pptx", "xls", "xlsx", "odt", "ods", "odp", "rtf"})
_DOCUMENTS = _OFFICE | {"pdf", "ps", "eps", "epub", "md"}
_DATA_ENDINGS = """
    txt log conf cfg ini csv tsv json yaml yml xml html sql pcap pcapng pem crt cer key p12 pfx ovpn
"""
_DATA = frozenset(_DATA_ENDINGS.split())
_INSTALLER_ENDINGS = """
    exe msi msix appx dmg pkg appimage flatpak snap deb rpm apk aab ipa hap jar war ear aar whl egg gem nupkg
    snupkg crate vsix xpi crx phar conda
"""
_INSTALLERS = frozenset(_INSTALLER_ENDINGS.split())


def is_no_version(text: str, start: int, end: int, word: str, kind: str) -> bool:
    """Tell whether the numbers in text[start:end], behind `word`, are surely or probably something else.

    `text` is a name without its endings, `kind` is what these say the file is.
    """
    numbers = text[start:end]
    dots = numbers.count(".")
    if dots == 1 and _is_quantity(text, start, numbers, kind):
        return True
    if dots == 3 and _is_address(numbers, kind):
        return True
    may_be_date = len(numbers) >= _SHORTEST_DATE or "20" in text or "19" in text
    if may_be_date and _is_moment(text, start, numbers, kind):
        return True
    return word in PARTS_OF_A_WORK and (_is_for_people(kind) or _last(kind) in _DATA)


def _is_moment(text: str, start: int, numbers: str, kind: str) -> bool:
    first = max(0, start - _DATE_CHARACTERS)
    if _DATE_ENDING_IN_A_YEAR.fullmatch(numbers):
        # 2.7.2021a0 is no date.
        return not text[start + len(numbers) :][:1].isalnum()
    if _DATE_BEGUN_BEFORE.search(text, first, start):
        return True
    if _CLOCK.fullmatch(numbers) and _DATE_BEFORE.search(text, first, start):
        return True
    return _is_written_date(text, numbers, kind)


def _is_written_date(text: str, numbers: str, kind: str) -> bool:
    """Tell whether the numbers are a date or a time where people write them, as in the name of a photo."""
    ending = _last(kind)
    if _DATE_BEGINNING_WITH_A_YEAR.fullmatch(numbers):
        if _is_media(kind) or ending in _OFFICE:
            return True
        return ending not in _INSTALLERS and RECORD.search(text) is not None
    if _THREE_PAIRS.fullmatch(numbers):
        return _is_for_people(kind) or ending == "txt" or RECORD.search(text) is not None
    return _is_media(kind) and _DATE_WITH_A_SHORT_YEAR.fullmatch(numbers) is not None


def _is_quantity(text: str, start: int, numbers: str, kind: str) -> bool:
    ending = _last(kind)
    if _is_for_people(kind) or _MEASURE.match(text, start):
        return True
    return ending in _DATA and (
        len(numbers.partition(".")[2]) >= _DECIMALS or RECORD.search(text) is not None
    )


def _is_address(numbers: str, kind: str) -> bool:
    if _last(kind) in _INSTALLERS:
        return False
    try:
        address = ipaddress.IPv4Address(numbers)
    except ValueError:
        return False
    # 0.0.0.0/8 is not given to anybody, and 0.9.8.1 is a version.
    is_private = not address.is_global and not numbers.startswith("0.")
    return is_private or _last(kind) in _DATA or _is_media(kind)


def _is_media(kind: str) -> bool:
    """Tell whether this is a picture, sound, a film or a log: their numbers are rarely versions."""
    ending = _last(kind)
    return ending == "log" or (type_of_name(f".{ending}") or "").startswith(_MEDIA)


def _is_for_people(kind: str) -> bool:
    """Tell whether this is read, looked at or listened to: 2.3 is a chapter there, a price, a size."""
    return _is_media(kind) or _last(kind) in _DOCUMENTS


def _last(kind: str) -> str:
    return kind.rpartition(".")[2]
