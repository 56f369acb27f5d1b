"""Addresses of this service that answers tell of; they come from PUBLIC_URL, never from the request."""

from urllib.parse import quote

from flask import current_app

SUB_DELIMITERS = "!$&'()*+,;=:@"  # what a segment of a path may have besides letters, digits and -._~


def file_url(project: str, package: str, ref: str, filename: str) -> str:
    """Return where a reference's file is, under its name: programs that save or install go by the end."""
    base: str = current_app.extensions["settings"].base_url
    parts = (project, package, "+", ref, *filename.split("/"))
    return f"{base}/api/v1/project/{'/'.join(quote(part, safe=SUB_DELIMITERS) for part in parts)}"


def face_url(root: str, project: str, *parts: str) -> str:
    """Return an address below the root of a foreign protocol, as clients are told it: `/npm` and so on."""
    base: str = current_app.extensions["settings"].base_url
    return "/".join((f"{base}{root}", *(quote(part, safe=SUB_DELIMITERS) for part in (project, *parts))))
