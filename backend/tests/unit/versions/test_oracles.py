"""What node-semver and packaging say is what is said here, but for what docs/concepts.md explains."""

import pytest

from tests.support.pages import codes, tables
from tests.unit.versions.oracles import order_answer, range_answer, read_table

pytestmark = pytest.mark.unit

RANGES = ["node_semver_ranges", "packaging_specifiers"]
ORDERS = ["node_semver_order", "packaging_order"]


@pytest.mark.parametrize("name", RANGES)
def test_ranges_admit_what_the_oracle_says_or_the_table_names_the_difference(name: str) -> None:
    table = read_table(name)
    disagreeing = {
        (row["range"], row["version"]): row["answer"]
        for row in table
        if (range_answer(row["range"], row["version"]) != row["answer"]) is not bool(row["difference"])
    }
    assert disagreeing == {}
    assert len(table) > 500


@pytest.mark.parametrize("name", ORDERS)
def test_versions_compare_as_the_oracle_says_or_the_table_names_the_difference(name: str) -> None:
    table = read_table(name)
    disagreeing = {
        (row["left"], row["right"]): row["order"]
        for row in table
        if (str(order_answer(row["left"], row["right"])) != row["order"]) is not bool(row["difference"])
    }
    assert disagreeing == {}
    assert len(table) > 50


@pytest.mark.parametrize("names", [RANGES, ORDERS])
def test_the_differences_are_exactly_those_that_the_page_explains(names: list[str]) -> None:
    met = {row["difference"] for name in names for row in read_table(name)} - {""}
    middle = "range" if names is RANGES else "left"
    explained = {
        codes(row[0])[0]
        for table in tables("concepts.md")
        if table.columns[:2] == ("difference", middle)
        for row in table.rows
    }
    assert met == explained
