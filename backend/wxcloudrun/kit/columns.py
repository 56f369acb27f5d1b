"""Column types that mean the same on SQLite and on MySQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, DateTime, Integer, LargeBinary, String, or_
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

from wxcloudrun.kit import clock

# SQLite only numbers rows by itself when the column is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
Bytes = BigInteger()


def ascii_name(length: int) -> TypeEngine[str]:
    """Text of printable ASCII that compares byte by byte (MySQL's default says 'A' = 'a')."""
    return String(length).with_variant(mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql")


def unicode_name(length: int) -> TypeEngine[str]:
    """Any text, compared byte by byte (MySQL's default says 'ss' = 'ß')."""
    variant = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return String(length).with_variant(variant, "mysql")


class FileNameText(TypeDecorator[str]):
    """What a file is called: any text, compared with the blanks at its end.

    MySQL's other collations that compare byte by byte take 'a' and 'a ' for one name.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int = 512) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Name the collation, which the two MySQLs call differently."""
        if dialect.name != "mysql":
            return dialect.type_descriptor(String(self.length))
        collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
        return dialect.type_descriptor(mysql.VARCHAR(self.length, charset="utf8mb4", collation=collation))


LongBytes = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
"""Up to 16 MiB that nothing compares or searches, such as the log of a build."""

Sha256 = ascii_name(64)
"""A SHA-256 digest in lower-case hex."""

KeyedHash = ascii_name(64)
"""What `kit.ids.keyed_hash` leaves of a secret."""

KeyName = ascii_name(16)
"""Which key made a hash (`secrecy/derived_keys.py`); NULL: the secret itself, which all purposes had once."""

type Moment = datetime | BindParameter[datetime]
"""A time for a statement: itself, or as a parameter of one that is built once."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds; databases keep it without a zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MySQL drops fractions of a second unless told not to."""
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy demands it
        """Store UTC; a time without a zone is a mistake, not a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy demands it
        """Hand back what `clock.now()` would have given."""
        return None if value is None else value.replace(tzinfo=UTC)


def is_over(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    longest: timedelta,
) -> ColumnElement[bool]:
    """Return the condition for what `clock.is_over`; what has no end is not over."""
    return or_(column <= now, column > clock.latest_credible(now, longest))
