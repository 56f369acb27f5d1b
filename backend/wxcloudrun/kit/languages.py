"""The languages that people are answered in, and the catalogues of their translations.

A catalogue is a compiled gettext file (`locales/<language>/LC_MESSAGES/messages.mo`), so the standard library
reads it and nobody builds anything. English is what the code says itself and has none.
"""

from functools import cache
from gettext import GNUTranslations, translation
from pathlib import Path
from typing import Any

from wxcloudrun.kit.texts import Text

ENGLISH, CHINESE = "en", "zh-CN"
LOCALES = Path(__file__).resolve().parents[1] / "locales"
FOLDERS = {CHINESE: "zh_CN"}  # gettext writes its languages in a way of its own
DOMAIN = "messages"


@cache
def catalogue(language: str) -> GNUTranslations:
    """Return the translations into a language other than English."""
    return translation(DOMAIN, LOCALES, [FOLDERS[language]])


def load() -> None:
    """Read every catalogue now: one that is missing stops the start, not an answer. Raises OSError."""
    for language in FOLDERS:
        catalogue(language)


def said(sentence: str, language: str) -> str:
    """Say a sentence in a language; what is no Text, or is not translated, stays as it is."""
    if not isinstance(sentence, Text) or language == ENGLISH:
        return sentence
    template = catalogue(language).gettext(sentence.template)
    if template == sentence.template:
        return sentence
    return template.format(**{name: _said_within(value, language) for name, value in sentence.values.items()})


def _said_within(value: Any, language: str) -> Any:
    return said(value, language) if isinstance(value, str) else value
