"""A body for which there is no place: the request is refused, and nothing that is there changes."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.client import Answer
from tests.support.forms import BOUNDARY
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from wxcloudrun.artifacts.models import Lease
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.errors import Busy
from wxcloudrun.kit.texts import text
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession
from wxcloudrun.uploads.models import Upload
from wxcloudrun.web.transfer_places import ADMIT_BODY

PART = b"x" * 1000
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def no_place() -> None:
    """Refuse as a server does that has none for this client."""
    raise Busy(text("too many files of yours are on their way; wait for some of them"))


def without_place(shop: Workshop, method: str, url: str, headers: dict[str, str]) -> Answer:
    """Send a body that is still coming when there is no place for it."""
    return shop.writer.request(
        method, url, data=PART, headers=headers, environ_overrides={ADMIT_BODY: no_place}
    )


def session(shop: Workshop) -> str:
    """Begin a session and send its one part."""
    wanted = {"filename": "a.bin", "size": len(PART)}
    url = str(shop.writer.post(shop.url("/uploads/sessions"), wanted).ok().data["url"])
    shop.writer.put(f"{url}/parts/1", PART).ok()
    return url


def appended(shop: Workshop) -> str:
    """Begin an upload with tus and send some of it."""
    headers = {**TUS, "Upload-Length": "5000"}
    answer = shop.writer.request("POST", tus(shop), data=PART, headers=headers)
    return str(answer.headers["Location"])


def tus(shop: Workshop) -> str:
    """Return where tus clients begin."""
    return f"/tus/{shop.project}/{shop.package}"


Ask = Callable[[Workshop], tuple[str, str, dict[str, str]]]
WAYS: dict[str, Ask] = {
    "a file": lambda shop: ("PUT", shop.url("/upload/x.bin"), {}),
    "a form": lambda shop: ("POST", shop.url("/upload"), FORM),
    "a part": lambda shop: ("PUT", f"{session(shop)}/parts/1", {}),
    "a part in a form": lambda shop: ("POST", f"{session(shop)}/parts/1", FORM),
    "bytes appended": lambda shop: ("PATCH", appended(shop), {**TUS, "Upload-Offset": "1000"}),
    "bytes with a creation": lambda shop: ("POST", tus(shop), {**TUS, "Upload-Length": "1000"}),
}


def rows_of(app: Flask) -> list[tuple[object, ...]]:
    """Return everything that is known of sessions and their parts."""
    parts = select(SessionPart.session_id, SessionPart.number, SessionPart.epoch, SessionPart.sha256)
    sessions = select(
        UploadSession.id, UploadSession.state, UploadSession.epoch, UploadSession.received,
        UploadSession.offset_bytes, UploadSession.hashed_parts,
    )  # fmt: skip
    with app.app_context(), reading() as reader:
        return [tuple(row) for asked in (parts, sessions) for row in reader.execute(asked)]


@pytest.mark.parametrize("way", WAYS)
def test_given_no_place_for_a_body_then_it_is_refused_before_anything_is_written(
    app: Flask, shop: Workshop, way: str
) -> None:
    method, url, headers = WAYS[way](shop)
    before = rows_of(app), remains_of(app, (Lease, Upload))

    answer = without_place(shop, method, url, headers)

    assert (answer.status, answer.reason) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert (rows_of(app), remains_of(app, (Lease, Upload))) == before
