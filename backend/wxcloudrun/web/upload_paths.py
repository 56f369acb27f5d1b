"""Where the body of a request is a file: to be told from its path, before anybody has looked at it."""

import re
from typing import Any

from wxcloudrun.web.endpoint import BodyFormat, rows

PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")
ANY_DEPTH = "rest"  # the converter of a parameter that may contain `/`


def upload_paths(app: Any) -> re.Pattern[str]:
    """Return what matches the paths of all endpoints that take files, whole, as they stand in a request."""
    taking = {name for name, row in rows(app).items() if isinstance(row.body, BodyFormat)}
    rules = sorted({rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in taking})
    return re.compile("|".join(f"(?:{pattern(each)})$" for each in rules))


def pattern(rule: str) -> str:
    """Return the pattern of a rule."""
    texts_and_converters = PARAMETER.split(rule)
    found = re.escape(texts_and_converters[0])
    for converter, following in zip(texts_and_converters[1::2], texts_and_converters[2::2], strict=True):
        found += (".+" if converter == ANY_DEPTH else "[^/]+") + re.escape(following)
    return found
