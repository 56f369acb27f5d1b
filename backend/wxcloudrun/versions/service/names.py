"""What a name of a version, or of a file in it, means or once meant, and what is refused because of it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from wxcloudrun.formats.distributions import is_distribution_name, is_other_spelling
from wxcloudrun.kit.errors import NotFound, VersionTaken
from wxcloudrun.kit.package_names import Format, is_of_format
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.versions import queries
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.versions.models import Version
from wxcloudrun.versions.queries.files import digest_of, file_digest
from wxcloudrun.versions.queries.retired import Retired, named_files, retire
from wxcloudrun.versions.rules.names import is_version


def locked(session: Session, found: FoundPackage, version: str) -> Version:
    """Return the row for a change. Raises NotFound."""
    row = queries.version(session, found.id, version) if is_version(version) else None
    if row is None:
        raise absent(version)
    return row


def absent(version: str) -> NotFound:
    """Refuse a version that is not there, to somebody who may know that."""
    return NotFound(text("version {version} does not exist", version=version))


def is_held_for_ever(
    session: Session, found: FoundPackage, row: Version, filename: str, offered: str
) -> bool:
    """Tell whether a locked version means these bytes already. Raises VersionTaken or FileTaken."""
    # Not what it was when the package was entered: nobody changes this one before the commit.
    return is_held(session, package_reads.layout_now(session, found.id), row, filename, offered)


def is_held(session: Session, layout: Layout, row: Version, filename: str, offered: str) -> bool:
    """Tell whether a version means these bytes now, in a package of this layout. Raises as the other does."""
    if layout is Layout.SINGLE:
        existing = digest_of(session, row)
        if existing is not None:
            refuse_other_bytes(row.version, existing, offered)
        return existing is not None
    existing = file_digest(session, row, filename)
    if existing is not None:
        refuse_other_file(row.version, filename, existing, offered)
    return existing is not None


def refuse_new_file(found: FoundPackage, row: Version, names: Sequence[Retired], offered: str | None) -> None:
    """Raise VersionSealed for a file that a sealed version neither has nor had when it was sealed.

    One that has a single file means that for ever, and takes none beside it.
    """
    sealed_at = row.sealed_at
    if sealed_at is None:
        return
    lost = [
        each for each in names if each.package_id == found.id and each.at is not None and each.at >= sealed_at
    ]
    if row.files_count == 1 or not lost:
        raise VersionSealed(
            text("version {version} is sealed and takes no new file; use a new version", version=row.version),
            version=row.version,
            offered=offered,
        )


def refuse_retired(found: FoundPackage, version: str, filename: str, retired: Retired, offered: str) -> None:
    """Raise VersionTaken unless these are the bytes that a deleted version, or file, of that name held.

    What an earlier package of the same name held is told to nobody: it may have been somebody else's.
    """
    if retired.package_id == found.id and retired.is_file:
        refuse_other_file(version, filename, retired.digest, offered)
    elif retired.package_id == found.id:
        refuse_other_bytes(version, retired.digest, offered)
    elif retired.digest != offered:
        raise VersionTaken(
            text(
                "version {version} was in use here before and takes only the bytes that it had; "
                "use a new version",
                version=version,
            ),
            version=version,
            offered=offered,
        )


def refuse_other_spelling(
    session: Session, found: FoundPackage, version: str, filename: str, offered: str
) -> None:
    """Raise FileTaken for other bytes under another spelling of the name of a file that is, or was, there.

    Hello_H7-1.0.tar.gz is hello_h7-1.0.0.tar.gz to pip, which takes whichever it sees first.
    """
    if not (is_of_format(found.name, Format.PYPI) and is_distribution_name(filename)):
        return
    for other, held in named_files(session, found.id, version):
        if is_other_spelling(filename, other):
            refuse_retired(found, version, other, held, offered)


def retire_versions(session: Session, ids: Sequence[int]) -> None:
    """Remember for ever what these versions hold, which are being erased."""
    retire(session, ids)


def refuse_other_bytes(version: str, existing: str, offered: str) -> None:
    """Raise VersionTaken unless both digests are the same."""
    if existing != offered:
        raise VersionTaken(
            text(
                "version {version} holds other bytes, and a version never changes; use a new version",
                version=version,
            ),
            version=version,
            existing=existing,
            offered=offered,
        )


def refuse_other_file(version: str, filename: str, existing: str, offered: str) -> None:
    """Raise FileTaken unless both digests are the same."""
    if existing != offered:
        raise FileTaken(
            text(
                "file {filename} of version {version} has, or had, other bytes, and a file never changes; "
                "use a new name or a new version",
                version=version,
                filename=filename,
            ),
            version=version,
            filename=filename,
            existing=existing,
            offered=offered,
        )
