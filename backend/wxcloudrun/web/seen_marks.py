"""What a client has of a page that hangs on the revision of a package, by the ETag that it shows.

Such an ETag is made of the package, its revision, the revision's mark, and the variant of the page: a letter,
with digits behind it where a page is another one at another address of the service.
"""

import re

from flask import request

ETAG = re.compile(r"[0-9]+-[0-9]+-([0-9a-f]+)-[a-z][0-9a-f]*")


def seen_mark(variant: str) -> str:
    """Return the mark of the page that the client has in this variant; nothing if it has none."""
    if request.if_none_match is None or request.if_none_match.star_tag:
        return ""
    for etag in request.if_none_match.as_set(include_weak=True):
        matched = ETAG.fullmatch(etag)
        if matched and etag.endswith(f"-{variant}"):
            return matched[1]
    return ""
