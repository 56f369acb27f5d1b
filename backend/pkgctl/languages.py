"""The languages that a person reads, so that the messages of the service come in one of them."""

import os
import re
from collections.abc import Mapping

WITHOUT_LANGUAGE = frozenset({"", "C", "POSIX"})
TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def accepted_languages(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the value of Accept-Language, the most wanted first; None where no language is chosen.

    The variables are read as gettext reads them: LC_ALL, LC_MESSAGES, LANG, and the list in LANGUAGE, which
    counts only beside a locale that has a language.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    if without_encoding(locale) in WITHOUT_LANGUAGE:
        return None
    listed = environment.get("LANGUAGE", "").split(":")
    tags = [without_encoding(each).replace("_", "-") for each in (*listed, locale)]
    return ", ".join(dict.fromkeys(tag for tag in tags if TAG.fullmatch(tag))) or None


def without_encoding(locale: str) -> str:
    """Return `zh_CN` of `zh_CN.UTF-8@pinyin`."""
    return re.split("[.@]", locale)[0]
