"""A user is a person or a service account: who acts, whatever they log in with."""

from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import LoaderCallableStatus, Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, Sha256, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.users.rules import MAX_EMAIL_LENGTH, UserKind, username_key

MAX_SHOWN_NAME_LENGTH = 200  # the longest is that of a service account: prefix, project, name


class User(Base):
    """A person, or a service account, which has no way in but API keys.

    A person without an e-mail address or a password comes in some other way.

    Of one who was deleted the row stays, with `deleted_at` and nothing of the person: by it others say
    that somebody made them, and its id never means anybody else.
    """

    __tablename__ = "users"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the id of one who left is not given away again

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(
        ascii_name(8), default=UserKind.PERSON.value, server_default=UserKind.PERSON.value
    )
    email: Mapped[str | None] = mapped_column(unicode_name(MAX_EMAIL_LENGTH), unique=True)
    # Empty for those who were deleted alone, whom nobody gets to see.
    username: Mapped[str] = mapped_column(unicode_name(MAX_SHOWN_NAME_LENGTH), nullable=True)
    username_key: Mapped[str | None] = mapped_column(Sha256, index=True, unique=True)  # see note_username
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of this very address
    password_hash: Mapped[str | None] = mapped_column(ascii_name(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since when one is asked for
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    logins_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # all at once, last

    @property
    def has_password(self) -> bool:
        """Whether they can come in with an e-mail address and a password."""
        return self.email is not None and self.password_hash is not None

    def leave(self, now: datetime) -> None:
        """Keep nothing of the person, and let nothing of theirs open a door from now on."""
        self.deleted_at = now
        self.is_active = self.is_admin = False
        self.email = self.password_hash = self.second_factor_at = self.logins_ended_at = None
        self.username = None  # type: ignore[assignment]  # as the column says


def note_username(_mapper: Any, _connection: Any, user: User) -> None:
    """Note by what a person's name is unique. That of a service account is by the account's own table."""
    is_named = user.kind != UserKind.SERVICE and user.username is not None
    user.username_key = username_key(user.username) if is_named else None


def refuse_ways_in(_mapper: Any, _connection: Any, user: User) -> None:
    """Raise if our own code lets a service account in but by keys, or lets it administer."""
    if user.kind == UserKind.SERVICE and (user.email or user.password_hash or user.is_admin):
        raise AssertionError("a service account has API keys only")


def forget_verification(user: User, address: str | None, former: Any, _initiator: Any) -> None:
    """Let nobody have shown yet that an address is theirs which they did not have before."""
    if address != former and former is not LoaderCallableStatus.NO_VALUE:
        user.email_verified_at = None


event.listen(User.email, "set", forget_verification, active_history=True)
for change in ("before_insert", "before_update"):
    event.listen(User, change, refuse_ways_in)
    event.listen(User, change, note_username)
