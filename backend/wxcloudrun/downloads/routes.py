"""The URLs of reading: data, not code."""

from wxcloudrun.artifacts.words import WORDS as ARTIFACT_WORDS
from wxcloudrun.downloads import controller
from wxcloudrun.downloads.errors import DamagedObject
from wxcloudrun.downloads.schemas import ArtifactOut, DownloadQuery, LinkOut, ResolvedOut, ResolveQuery
from wxcloudrun.downloads.words import WORDS
from wxcloudrun.kit.errors import (
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    TooManyRequests,
)
from wxcloudrun.kit.remarks import HEADER as WARNINGS
from wxcloudrun.kit.security import Scope
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.versions.errors import RangeNotUnderstood, SeveralFiles
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint

PACKAGE = "/project/<project>/<package>"
BYTES = (NotFound, PreconditionFailed, RangeNotSatisfiable, DamagedObject, StoreUnavailable)
CONDITIONS = (
    "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
)  # fmt: skip
HEADERS = (
    "Content-Disposition", "ETag", "X-Artifact-Id", "X-Checksum-SHA256", "X-Checksum-SHA1", "X-Checksum-MD5",
    "Repr-Digest", "Accept-Ranges", "Last-Modified", "X-Content-Type-Options", "Content-Security-Policy",
)  # fmt: skip

ENDPOINTS = [
    Endpoint(
        "GET", PACKAGE + "/+/<rest:ref>", controller.download, "download", "The bytes behind a reference",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=DownloadQuery, any_query=True, answers_bytes=True, answer=LinkOut,
        errors=(*BYTES, RangeNotUnderstood, SeveralFiles, Invalid, TooManyRequests), reads=CONDITIONS,
        sends=(*HEADERS, "Cache-Control", "Vary", WARNINGS),
    ),
    Endpoint(
        "GET", PACKAGE + "/+/<ref>/<rest:filename>", controller.download_file, "download_file",
        "The bytes behind a reference, at an address that ends in the name of their file",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=DownloadQuery, any_query=True, answers_bytes=True, answer=LinkOut,
        errors=(*BYTES, RangeNotUnderstood, Invalid, TooManyRequests), reads=CONDITIONS,
        sends=(*HEADERS, "Cache-Control", "Vary", WARNINGS),
    ),
    Endpoint(
        "GET", PACKAGE + "/resolve", controller.resolve, "resolve", "What a reference means, and why",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, query=ResolveQuery, answer=ResolvedOut,
        errors=(NotFound, RangeNotUnderstood, Invalid, TooManyRequests),
    ),
    Endpoint(
        "GET", "/artifact/<sha256>", controller.get_artifact, "get_artifact", "One artifact",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=ArtifactOut, errors=(NotFound,),
    ),
    Endpoint(
        "GET", "/blobs/<token>", controller.linked_blob, "linked_blob", "The bytes behind a signed link",
        caller=Caller.ANYONE, scope=None, any_query=True, answers_bytes=True, errors=(*BYTES, Gone),
        reads=CONDITIONS, sends=(*HEADERS, "Cache-Control"),
    ),
]  # fmt: skip

downloads = blueprint("downloads", "/api/v1", ENDPOINTS, words=(ARTIFACT_WORDS, WORDS))
