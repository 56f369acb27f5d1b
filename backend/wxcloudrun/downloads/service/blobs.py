"""The bytes behind a reference: opened, streamed or linked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature

from wxcloudrun.downloads.errors import DamagedObject
from wxcloudrun.downloads.rules import Blob
from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import Gone, NotFound
from wxcloudrun.kit.texts import text
from wxcloudrun.secrecy.derived_keys import KeyRing
from wxcloudrun.secrecy.signing import signer
from wxcloudrun.stores.blobs.outgoing import FileBody, ObjectRange, Outgoing, StoreBody
from wxcloudrun.stores.blobs.port import BlobStore, DownloadLink, ObjectMissing


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that opens some bytes for everyone who has it, until it expires."""

    url: str
    expires_at: datetime


class BlobService:
    """Hands out bytes, and links to them."""

    def __init__(
        self,
        *,
        blobs: BlobStore,
        base_url: str,
        link_seconds: int,
        link_keys: KeyRing,
        links_to_store: bool = False,
    ) -> None:
        self._blobs = blobs
        self._links_to_store = links_to_store
        self._base_url = base_url
        self._link_seconds = link_seconds
        self._signer = signer(link_keys, salt="blob-link")

    def check(self, blob: Blob) -> None:
        """Return if the object is there with its size. Raises DamagedObject."""
        if self._blobs.size_of(blob.object_key) != blob.size_bytes:
            raise damaged()

    def read(self, blob: Blob, start: int, length: int) -> Outgoing:
        """Open a part of the object. Raises StoreUnavailable, also between two blocks.

        Raises DamagedObject before anything is answered, so that a short body never looks whole.
        """
        try:
            file = self._blobs.open_file(blob.object_key)
            if file is None:
                return StoreBody(self._blobs, ObjectRange(blob.object_key, blob.size_bytes, start, length))
        except ObjectMissing:
            raise damaged() from None
        if file.seek(0, 2) != blob.size_bytes:
            file.close()
            raise damaged()
        return FileBody(file, start, length)

    def link(self, blob: Blob, content_disposition: str) -> Link:
        """Return a link that lives `LINK_SECONDS`: one that this service serves, or the store's own.

        Behind its own the store says when it got the object, and by its ETag in how many parts. Both tell
        that bytes were there before they came into this package, so only an operator may want that.
        """
        expires_at = clock.now() + timedelta(seconds=self._link_seconds)
        wanted = DownloadLink(blob.content_type, content_disposition, self._link_seconds)
        url = self._blobs.link(blob.object_key, wanted) if self._links_to_store else None
        if url is None:
            url = f"{self._base_url}/api/v1/blobs/{self._sign(blob, expires_at)}"
        return Link(url, expires_at)

    def linked(self, token: str) -> Blob:
        """Return what a link of this service opens.

        Raises NotFound for a token that was never given out, Gone for one that has expired.
        """
        try:
            fields = self._signer.loads(token)
        except BadSignature:
            raise NotFound(text("there is no such link")) from None
        expires_at, deposited_at, *rest = fields
        longest = timedelta(seconds=self._link_seconds)
        if clock.is_over(datetime.fromtimestamp(expires_at, UTC), clock.now(), longest):
            raise Gone(text("this link has expired; ask for a new one"))
        artifact_id, size_bytes, md5, sha1, object_key, name, content_type = rest
        moment = datetime.fromisoformat(deposited_at)
        return Blob(artifact_id, size_bytes, md5, sha1, object_key, name, content_type, moment)

    def _sign(self, blob: Blob, expires_at: datetime) -> str:
        """Sign what `linked` needs, in the order of Blob's fields, so that no database is asked later."""
        signed = self._signer.dumps(
            [
                expires_at.timestamp(),
                blob.deposited_at.isoformat(),
                blob.artifact_id,
                blob.size_bytes,
                blob.md5,
                blob.sha1,
                blob.object_key,
                blob.original_name,
                blob.content_type,
            ]
        )
        return signed if isinstance(signed, str) else signed.decode()


def damaged() -> DamagedObject:
    """Refuse to serve an object that is not whole."""
    return DamagedObject(text("the stored object is damaged; uploading the same bytes again repairs it"))
