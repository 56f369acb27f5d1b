"""What takes uploads in several requests, put together."""

from dataclasses import dataclass
from datetime import timedelta

from wxcloudrun.config import Settings
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.upload_sessions.service.begin import UploadBeginService
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import SessionDoor
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService
from wxcloudrun.upload_sessions.service.parts import PartService
from wxcloudrun.upload_sessions.service.progress import Progress
from wxcloudrun.upload_sessions.service.sessions import UploadSessionService
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.wiring.registry import ByteServices


@dataclass(frozen=True)
class UploadSessionServices:
    """The services of upload sessions."""

    begin: UploadBeginService
    sessions: UploadSessionService
    parts: PartService
    completion: CompletionService
    expiry: UploadExpiryService


def build_upload_sessions(
    settings: Settings, blobs: BlobStore, packages: PackageService, taken: ByteServices
) -> UploadSessionServices:
    """Build them on the other ways in."""
    digests, intake, acceptance = taken.digests, taken.intake, taken.acceptance
    door, progress = SessionDoor(packages=packages), Progress(blobs=blobs, digests=digests)
    idle = timedelta(seconds=settings.upload_session_seconds)
    return UploadSessionServices(
        begin=UploadBeginService(
            packages=packages,
            intake=intake,
            by_checksum=taken.by_checksum,
            tokens=upload_tokens(settings),
            blobs=blobs,
            idle=idle,
        ),
        sessions=UploadSessionService(door=door, intake=intake, acceptance=acceptance, blobs=blobs),
        parts=PartService(door=door, blobs=blobs, digests=digests, progress=progress, idle=idle),
        completion=CompletionService(
            door=door, blobs=blobs, digests=digests, intake=intake, acceptance=acceptance
        ),
        expiry=UploadExpiryService(blobs=blobs),
    )


def upload_tokens(settings: Settings) -> UploadTokens:
    """Return what signs and reads the tokens of sessions."""
    return UploadTokens(secret=settings.api_key_secret.get_secret_value())
