"""HTTP in, HTTP out, of publications, and of documents that change what there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from flask import Response, request

from wxcloudrun.kit.errors import Invalid, UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.npm.controller.answers import done
from wxcloudrun.npm.schemas.publication import (
    MOST_PASSED_BYTES,
    PublicationBody,
    read_publication,
    read_update,
)
from wxcloudrun.npm.service.changing import NpmChangeService
from wxcloudrun.npm.service.publishing import NpmPublishService
from wxcloudrun.web import digests
from wxcloudrun.web.bodies import raw_blocks
from wxcloudrun.web.endpoint import actor, service


def put_package(project: str, name: str) -> Response:
    """201 with the revision of the package, which has the version now, or says what it shall of others."""
    publishing = service(NpmPublishService)
    publishing.admit(actor(), project, name, announced_bytes())
    body = PublicationBody(document_blocks())
    blocks = body.tarball()
    first = next(blocks, b"")
    if not body.has_tarball:
        update = read_update(body.document, name)
        return done(201, name, service(NpmChangeService).deprecate(actor(), project, name, update))
    with publishing.open(actor(), project) as publication:
        publication.take(chain((first,), blocks))
        revision = publication.accept(read_publication(body.document, name))
    return done(201, name, revision)


def replace_package(project: str, name: str, revision: str) -> Response:
    """201 with the revision of the package, which has no version any more that the document leaves out."""
    changing = service(NpmChangeService)
    changing.admit(actor(), project, name)
    body = PublicationBody(document_blocks())
    for _ in body.tarball():
        raise Invalid.field("_attachments", text("publish without a revision"))
    update = replace(read_update(body.document, name), revision=revision)
    return done(201, name, changing.replace(actor(), project, name, update))


def delete_package(project: str, name: str, revision: str) -> Response:
    """200; the package has gone, or the only version that it had."""
    service(NpmChangeService).delete(actor(), project, name, revision)
    return done(200, name, revision)


def delete_tarball(project: str, name: str, filename: str, revision: str) -> Response:
    """200; the version has gone, by now or before."""
    return done(
        200, name, service(NpmChangeService).remove_tarball(actor(), project, name, filename, revision)
    )


def document_blocks() -> Iterator[bytes]:
    """Return the body of a request as it arrives. Raises UnsupportedMediaType for what is no JSON."""
    if not request.is_json:
        raise UnsupportedMediaType(text("send a JSON body with Content-Type: application/json"))
    return digests.verified(digests.announced(), raw_blocks())


def announced_bytes() -> int | None:
    """Return how large the tarball must at least be, as far as the headers tell."""
    if not request.content_length:
        return request.content_length
    return max((request.content_length - MOST_PASSED_BYTES) // 4 * 3, 1)
