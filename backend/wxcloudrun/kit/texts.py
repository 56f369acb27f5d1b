"""Sentences for people, kept as a template and its values, so that they can be said in another language."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any


class Text(str):
    """An English sentence that remembers its template; everywhere else it is just that sentence."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Any]


def text(template: str, /, **values: Any) -> Text:
    """Put a sentence together: `text("version {version} exists", version="1.0.0")`.

    The template is what a catalogue of translations knows; it is therefore always a literal, and what
    varies stands in braces. A value may be a Text itself.
    """
    return borrowed(template.format(**values), template, **values)


def borrowed(sentence: str, template: str, /, **values: Any) -> Text:
    """Keep a library's own English sentence; `template` is what other languages say in its place."""
    kept = Text(sentence)
    kept.template, kept.values = template, values
    return kept


def joined(sentences: Sequence[Text]) -> Text:
    """Put several sentences into one line."""
    return reduce(lambda first, rest: text("{first}; {rest}", first=first, rest=rest), sentences)


def either(options: Sequence[str]) -> Text | str:
    """Name what is possible: `a`, `a or b`, `a or b or c`."""
    return reduce(lambda first, last: text("{first} or {last}", first=first, last=last), options)


def of_field(field: str, complaint: Text) -> Text:
    """Say which field a complaint is about."""
    return text("{field}: {complaint}", field=field, complaint=complaint)
