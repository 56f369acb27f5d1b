"""What a client has of a page that hangs on the revision of a package, by the ETag that it shows.

Such an ETag is made of the package, its revision, the revision's mark, and a letter for the form of the page.
"""

import re

from flask import request

ETAG = re.compile(r"[0-9]+-[0-9]+-([0-9a-f]+)-[a-z]")


def seen_mark(variant: str) -> str:
    """Return the mark of the page that the client has in this form; nothing if it has none."""
    if request.if_none_match is None or request.if_none_match.star_tag:
        return ""
    for etag in request.if_none_match.as_set(include_weak=True):
        matched = ETAG.fullmatch(etag)
        if matched and etag.endswith(f"-{variant}"):
            return matched[1]
    return ""
