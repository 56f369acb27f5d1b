"""What every table must be on every database, and what every refusal must be called; no server needed."""

from collections.abc import Iterator

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from tests.support.each import each
from tests.support.live import BACKEND
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.kit.columns import FileNameText, UtcDateTime
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.errors import AppError
from wxcloudrun.metadata import BLUEPRINTS

MYSQL = mysql.dialect()
TABLES = list(Base.metadata.sorted_tables)
# InnoDB refuses a longer key; utf8mb4 takes four bytes a character, ascii one.
MAX_INDEX_BYTES = 3072
BYTES_PER_CHARACTER = {"ascii": 1, "utf8mb4": 4}

each_table = each(TABLES, lambda table: table.name)


def text_columns() -> list[Column[str]]:
    """Return every column of text."""
    return [
        column
        for table in TABLES
        for column in table.columns
        if isinstance(column.type, String | FileNameText)
    ]


each_text_column = each(text_columns())


def unexplained_times() -> list[str]:
    """Return the columns of time of which decision 0069 does not say what one in the future means."""
    decision = next((BACKEND.parent / "docs" / "decisions").glob("0069-*.md")).read_text(encoding="utf-8")
    times = [
        (table.name, column.name)
        for table in TABLES
        for column in table.columns
        if isinstance(column.type, UtcDateTime)
    ]
    return [
        f"{table}.{column}"
        for table, column in times
        if f"`{table}.{column}`" not in decision and f"`*.{column}`" not in decision
    ]


def is_in_a_key(column: Column[str]) -> bool:
    """Tell whether a column is part of what a table has once."""
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    return any(column.name in each.columns for each in column.table.constraints if isinstance(each, kinds))


def on_mysql(column: Column[str]) -> mysql.VARCHAR:
    """Return what a text column is on MySQL."""
    kind = column.type.dialect_impl(MYSQL)
    kind = getattr(kind, "impl_instance", kind)
    assert isinstance(kind, mysql.VARCHAR), f"{column} has no type of its own for MySQL"
    return kind


def refusals(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Yield every refusal of the service."""
    yield kind
    for below in kind.__subclasses__():
        yield from refusals(below)


# Those of the domains are known because the list of blueprints imports every domain.
REFUSALS = sorted(set(refusals()), key=lambda kind: kind.__name__)
each_refusal = each(REFUSALS, lambda kind: kind.__name__)


class TestTables:
    def test_of_every_time_it_is_written_what_one_in_the_future_means(self) -> None:
        assert unexplained_times() == []

    def test_every_domain_is_known(self) -> None:
        assert BLUEPRINTS
        assert {"users", "projects", "packages", "artifacts", "uploads", "tags", "versions"} <= {
            table.name for table in TABLES
        }

    @each_table
    def test_it_can_be_written_down_for_mysql(self, table: Table) -> None:
        statement = str(CreateTable(table).compile(dialect=MYSQL))

        assert f"CREATE TABLE {table.name}" in statement
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=MYSQL))

    @each_table
    def test_it_can_be_written_down_for_sqlite(self, table: Table) -> None:
        statement = str(CreateTable(table).compile(dialect=sqlite.dialect()))

        assert f"CREATE TABLE {table.name}" in statement

    @each_table
    def test_every_index_fits_into_what_innodb_takes(self, table: Table) -> None:
        keys = [list(index.columns) for index in table.indexes]
        keys += [list(constraint.columns) for constraint in keyed_constraints(table)]

        for key in keys:
            assert sum(key_bytes(column) for column in key) <= MAX_INDEX_BYTES, key

    @each_table
    def test_every_name_of_a_constraint_and_index_fits_into_64_characters(self, table: Table) -> None:
        statement = str(CreateTable(table).compile(dialect=MYSQL))
        names = [str(index.name) for index in table.indexes]
        names += [word for word in statement.split() if word.startswith(("fk_", "uq_", "ck_", "pk_"))]

        assert all(len(name) <= 64 for name in names), names

    @each_table
    def test_every_time_keeps_its_microseconds_on_mysql(self, table: Table) -> None:
        statement = str(CreateTable(table).compile(dialect=MYSQL))

        assert "DATETIME NOT NULL" not in statement
        assert "DATETIME," not in statement

    @each_table
    def test_every_foreign_key_is_led_by_an_index(self, table: Table) -> None:
        """Without one, deleting the row it points at reads the whole table (MySQL makes one by itself)."""
        led = {index.columns[0].name for index in table.indexes if len(index.columns)}
        led |= {next(iter(constraint.columns)).name for constraint in keyed_constraints(table)}
        cascading = {
            element.parent.name
            for element in table.foreign_keys
            if element.ondelete == "CASCADE" or element.column.table.name == "artifacts"
        }

        assert cascading <= led


def keyed_constraints(table: Table) -> list[PrimaryKeyConstraint | UniqueConstraint]:
    """Return the constraints that the database keeps an index for."""
    found = [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]
    return [each for each in found if len(each.columns)]


def key_bytes(column: Column[str]) -> int:
    """Return how many bytes a column takes in an index at most."""
    if not isinstance(column.type, String):
        return 8
    kind = on_mysql(column)
    return (kind.length or MAX_INDEX_BYTES) * BYTES_PER_CHARACTER[str(kind.charset)]


class TestText:
    @each_text_column
    def test_it_has_a_length(self, column: Column[str]) -> None:
        assert isinstance(column.type, String | FileNameText)
        assert not isinstance(column.type, Text)
        assert column.type.length
        assert on_mysql(column).length == column.type.length

    @each_text_column
    def test_it_compares_byte_by_byte_on_mysql(self, column: Column[str]) -> None:
        """MySQL's default says that `Stable` is `stable` and `ss` is `ß`: two tags would be one."""
        assert on_mysql(column).collation in {"ascii_bin", "utf8mb4_bin", "utf8mb4_0900_bin"}

    def test_what_must_be_unique_tells_blanks_at_its_end(self) -> None:
        """`utf8mb4_bin` says that `a` is `a `. No e-mail address ends in a blank."""
        unique = {str(column) for column in text_columns() if column.unique or is_in_a_key(column)}
        padded = {str(column) for column in text_columns() if on_mysql(column).collation == "utf8mb4_bin"}

        assert unique & padded == {"users.email"}


class TestReferences:
    def test_every_table_that_keeps_bytes_alive_is_found_by_its_foreign_key(self) -> None:
        assert {table.name for table in reference_tables()} == {"tags", "uploads", "version_files"}

    @each(reference_tables(), lambda table: table.name)
    def test_a_reference_says_which_package_holds_the_bytes(self, table: Table) -> None:
        package_id = table.columns["package_id"]

        assert not package_id.nullable
        assert [key.column.table.name for key in package_id.foreign_keys] == ["packages"]
        assert [key.ondelete for key in package_id.foreign_keys] == ["CASCADE"]

    @each(reference_tables(), lambda table: table.name)
    def test_deleting_bytes_never_deletes_a_reference_silently(self, table: Table) -> None:
        keys = [key for key in table.foreign_keys if key.column.table.name == "artifacts"]

        assert [key.ondelete for key in keys] == [None]

    def test_history_keeps_nothing_alive(self) -> None:
        assert {table.name for table in reference_tables()}.isdisjoint({"tag_moves", "retired_versions"})


class TestRefusals:
    def test_no_two_kinds_share_a_slug(self) -> None:
        slugs = [kind.reason for kind in REFUSALS]

        assert sorted(set(slugs)) == sorted(slugs)

    @each_refusal
    def test_each_has_a_slug_and_a_status_of_its_own_family(self, kind: type[AppError]) -> None:
        assert kind.reason.replace("_", "").isalpha()
        assert kind.reason == kind.reason.lower()
        assert 400 <= kind.status <= 599

    @each_refusal
    def test_each_says_what_it_means(self, kind: type[AppError]) -> None:
        assert kind.__doc__
