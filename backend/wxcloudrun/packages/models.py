"""A package is a name inside a project; versions, tags and uploads hang on it.

Every way to a package leads through its project. One that was deleted has none any more: nobody finds it,
its name is free, and its rows go in the background (`erasure/`).
"""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.package_names import WRITTEN_CHARACTERS, Format


class RememberedName(Base):
    """The name of a project and of a package in it, that a package has or once had.

    It outlives both, and with it what their versions were called: bytes that caches hold under an exact
    version for ever must not become others because a package, or its project, was made again.
    """

    __tablename__ = "package_names"
    __table_args__ = (UniqueConstraint("project", "package"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    project: Mapped[str] = mapped_column(ascii_name(128))
    package: Mapped[str] = mapped_column(ascii_name(WRITTEN_CHARACTERS))  # as our API writes it


class Layout(enum.StrEnum):
    """How many files a version may have: a rule about uploads, not another way to store them."""

    SINGLE = "single"  # one
    FILES = "files"  # any number, which uploads add one by one


class Package(Base):
    """A named series inside a project; `project_id` is None once it was deleted.

    A project may have one of each format under a name. `widened_at_file` is the last file that there was when
    it came to take several in a version: until then each was all of its version, and so it stays.
    """

    __tablename__ = "packages"
    __table_args__ = (
        # In the order of lists, where what has one name in several formats stands together.
        UniqueConstraint("project_id", "name", "format"),
        Index(None, "name"),
        Index(None, "name_id"),
        Index(None, "project_id"),  # in the order of ids, which that of the names is not
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name_id: Mapped[int] = mapped_column(ForeignKey("package_names.id"))
    format: Mapped[str] = mapped_column(ascii_name(16), default=Format.GENERIC.value)
    name: Mapped[str] = mapped_column(ascii_name(255))  # canonical, in the words of its format
    display_name: Mapped[str | None] = mapped_column(ascii_name(255))  # as it was given, if otherwise
    description: Mapped[str] = mapped_column(unicode_name(1000), default="")
    layout: Mapped[str] = mapped_column(ascii_name(8), default=Layout.SINGLE.value)
    widened_at_file: Mapped[int] = mapped_column(RowId, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
