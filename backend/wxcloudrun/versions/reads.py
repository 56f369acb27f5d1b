"""What other domains may read here: tables to join on, what a range chooses, what a name once meant."""

from wxcloudrun.versions.models import (
    DocumentKind,
    FileDocument,
    FileFacts,
    NameSource,
    PackageRevision,
    RetiredFile,
    RetiredVersion,
    Status,
    Version,
    VersionFile,
)
from wxcloudrun.versions.queries import (
    MadeChoice,
    choice,
    choose_among,
    of_only_file,
    version,
)
from wxcloudrun.versions.queries.files import (
    digest_of,
    file_id,
    is_only_file,
    last_file,
    of_several_files,
    standing_of,
)
from wxcloudrun.versions.queries.retired import is_whole, retired
from wxcloudrun.versions.queries.stamps import content, read_content

__all__ = [
    "DocumentKind",
    "FileDocument",
    "FileFacts",
    "MadeChoice",
    "NameSource",
    "PackageRevision",
    "RetiredFile",
    "RetiredVersion",
    "Status",
    "Version",
    "VersionFile",
    "choice",
    "choose_among",
    "content",
    "digest_of",
    "file_id",
    "is_only_file",
    "is_whole",
    "last_file",
    "of_only_file",
    "of_several_files",
    "read_content",
    "retired",
    "standing_of",
    "version",
]
