"""What takes uploads in several requests, put together."""

from dataclasses import dataclass
from datetime import timedelta

from wxcloudrun.config import Settings
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.tus.service import TusService
from wxcloudrun.upload_sessions.service.appends import AppendService
from wxcloudrun.upload_sessions.service.begin import UploadBeginService, UploadWays
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import SessionDoor
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService
from wxcloudrun.upload_sessions.service.joining import JoiningService
from wxcloudrun.upload_sessions.service.parts import PartService
from wxcloudrun.upload_sessions.service.preflight import PreflightService
from wxcloudrun.upload_sessions.service.progress import Progress
from wxcloudrun.upload_sessions.service.sessions import UploadSessionService
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.wiring.registry import ByteServices, NameServices
from wxcloudrun.wiring.secrets import server_keys


@dataclass(frozen=True)
class UploadSessionServices:
    """The services of upload sessions."""

    begin: UploadBeginService
    preflight: PreflightService
    sessions: UploadSessionService
    parts: PartService
    completion: CompletionService
    expiry: UploadExpiryService
    appends: AppendService
    joining: JoiningService


@dataclass(frozen=True)
class TusServices:
    """The service of the tus protocol."""

    tus: TusService


def build_upload_sessions(
    settings: Settings, blobs: BlobStore, names: NameServices, taken: ByteServices
) -> UploadSessionServices:
    """Build them on the other ways in."""
    packages, versions = names.packages, names.versions
    digests, intake, acceptance = taken.digests, taken.intake, taken.acceptance
    door, progress = SessionDoor(packages=packages), Progress(blobs=blobs, digests=digests)
    preflight = PreflightService(packages=packages, intake=intake, versions=versions, tags=names.tags)
    idle = timedelta(seconds=settings.upload_session_seconds)
    return UploadSessionServices(
        begin=UploadBeginService(
            packages=packages,
            preflight=preflight,
            uploads=UploadWays(taken.by_checksum, acceptance),
            tokens=upload_tokens(settings),
            blobs=blobs,
            idle=idle,
        ),
        preflight=preflight,
        sessions=UploadSessionService(
            packages=packages, door=door, intake=intake, acceptance=acceptance, blobs=blobs
        ),
        parts=PartService(door=door, blobs=blobs, digests=digests, progress=progress, idle=idle),
        completion=CompletionService(
            door=door, blobs=blobs, digests=digests, intake=intake, acceptance=acceptance
        ),
        expiry=UploadExpiryService(blobs=blobs),
        appends=AppendService(
            door=door, blobs=blobs, digests=digests, intake=intake, progress=progress, idle=idle
        ),
        joining=JoiningService(door=door, blobs=blobs),
    )


def build_tus(begun: UploadSessionServices, taken: ByteServices) -> TusServices:
    """Build what speaks tus on upload sessions."""
    return TusServices(
        tus=TusService(
            begin=begun.begin,
            sessions=begun.sessions,
            appends=begun.appends,
            completion=begun.completion,
            joining=begun.joining,
            intake=taken.intake,
        )
    )


def upload_tokens(settings: Settings) -> UploadTokens:
    """Return what signs and reads the tokens of sessions."""
    return UploadTokens(server_keys(settings).ring(Purpose.UPLOAD_TOKENS))
