"""A service account is a user of the kind `service`; its row here says what it is called and who owns it.

A project owns it, and then it is confined to that project; or nobody does, and then it is the
administrators'.
"""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, ascii_name
from wxcloudrun.kit.db import Base
from wxcloudrun.service_accounts.rules import MAX_NAME_LENGTH

ADMINISTRATORS = 0  # the namespace of the accounts that no project owns: in a unique key, null equals nothing


class ServiceAccount(Base):
    """What makes a user a service account."""

    __tablename__ = "service_accounts"
    __table_args__ = (UniqueConstraint("namespace_id", "name"), Index(None, "project_id"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    namespace_id: Mapped[int] = mapped_column(RowId)  # the id of the project, or ADMINISTRATORS
    name: Mapped[str] = mapped_column(ascii_name(MAX_NAME_LENGTH))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
