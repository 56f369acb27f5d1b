"""What a file says of itself is kept with it when its bytes are read, for pages that show many files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from wxcloudrun.formats.core_metadata import CoreMetadata
from wxcloudrun.formats.declarations import WHEEL, npm_manifest
from wxcloudrun.formats.npm_manifest import NpmManifest, TarballDigests, version_documents
from wxcloudrun.kit.db import Transaction, insertion
from wxcloudrun.stores.blobs.port import BLOCK_BYTES
from wxcloudrun.versions.models import (
    REQUIRES_CHARACTERS,
    SUMMARY_CHARACTERS,
    DocumentKind,
    FileDocument,
    FileFacts,
)
from wxcloudrun.versions.service.revisions import raise_revision_of


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """What is kept of a file: a sentence, what it requires of its interpreter, and documents.

    `fetched` is which document clients fetch by itself and compare with its digest, if any.
    """

    summary: str | None = None
    requires: str | None = None
    documents: Mapping[DocumentKind, bytes] = field(default_factory=dict)
    fetched: DocumentKind | None = None

    @property
    def fetched_digest(self) -> str | None:
        """The SHA-256 of the document that clients fetch."""
        return None if self.fetched is None else hashlib.sha256(self.documents[self.fetched]).hexdigest()


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file that is what it was said to be: the name and the version in it, and what is kept of it."""

    name: str
    version: str
    facts: KeptFacts


def keep_facts(tx: Transaction, package_id: int, file_id: int, facts: KeptFacts) -> None:
    """Keep what a file of a package with a protocol says of itself, unless that was done before.

    The row of its version is locked, so nobody else keeps them at the same time.
    """
    if tx.session.get(FileFacts, file_id) is not None:  # its bytes never change
        return
    raise_revision_of(tx, package_id)
    values = {
        "file_id": file_id,
        "summary": shortened(facts.summary, SUMMARY_CHARACTERS),
        "requires": facts.requires if len(facts.requires or "") <= REQUIRES_CHARACTERS else None,
        "document_digest": facts.fetched_digest,
    }
    tx.session.execute(insertion(FileFacts), values)
    for kind, content in facts.documents.items():
        tx.session.execute(
            insertion(FileDocument), {"file_id": file_id, "kind": kind.value, "content": content}
        )


def distribution_facts(filename: str, core: CoreMetadata, metadata: bytes) -> KeptFacts:
    """Return what is kept of a distribution of Python.

    Clients fetch the metadata of a wheel; those of a source distribution are nobody's to rely on.
    """
    return KeptFacts(
        summary=core.summary,
        requires=in_one_line(core.requires_python),
        documents={DocumentKind.METADATA: metadata},
        fetched=DocumentKind.METADATA if filename.lower().endswith(WHEEL) else None,
    )


def npm_facts(
    manifest: NpmManifest, digests: TarballDigests, said: Mapping[str, Any] | None = None, readme: bytes = b""
) -> KeptFacts:
    """Return what is kept of a tarball of npm; `said` and `readme` are what its publisher sends beside it.

    Raises UnreadablePackage if the documents would be too large.
    """
    made = version_documents(manifest, digests, said)
    documents = {DocumentKind.MANIFEST: made.full, DocumentKind.ABBREVIATED: made.abbreviated}
    if readme:
        documents[DocumentKind.README] = readme
    return KeptFacts(summary=manifest.description, requires=manifest.node, documents=documents)


def read_npm_facts(blob: BinaryIO, size_bytes: int) -> tuple[NpmManifest, KeptFacts]:
    """Read what is kept of a tarball, the whole of which is hashed. Raises UnreadablePackage."""
    manifest = npm_manifest(blob, size_bytes)
    return manifest, npm_facts(manifest, digests_of(blob))


def digests_of(blob: BinaryIO) -> TarballDigests:
    """Hash a tarball from its beginning."""
    sha512, sha1 = hashlib.sha512(), hashlib.sha1(usedforsecurity=False)
    blob.seek(0)
    while block := blob.read(BLOCK_BYTES):
        sha512.update(block)
        sha1.update(block)
    return TarballDigests(sha512.digest(), sha1.hexdigest())


def in_one_line(written: str | None) -> str | None:
    """Return what may be folded in a file as one line; nothing if it has characters that nobody sees."""
    line = " ".join((written or "").split())
    return line if line and line.isprintable() else None


def document(session: Session, file_id: int, kind: DocumentKind) -> bytes | None:
    """Return a document that was kept of a file."""
    row = session.get(FileDocument, (file_id, kind.value))
    return None if row is None else row.content


def shortened(sentence: str | None, most_characters: int) -> str | None:
    """Return a sentence that fits its column."""
    return sentence[:most_characters] if sentence else None
