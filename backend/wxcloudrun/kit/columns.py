"""Column types that mean the same on SQLite and on MySQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

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


LongBytes = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
"""Up to 16 MiB that nothing compares or searches, such as the log of a build."""

Sha256 = ascii_name(64)
"""A SHA-256 digest in lower-case hex."""


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
