"""What stands in a path: entries of lists, and words beside them that are none."""

import re

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from wxcloudrun.web.endpoint import CONVERTERS

RULES = Map(
    [
        Rule("/things", endpoint="list", methods=["GET"]),
        Rule("/things/re.cent", endpoint="recent", methods=["POST"]),
        Rule('/things/<entry(but="all re.cent"):name>', endpoint="delete", methods=["DELETE"]),
    ],
    converters=CONVERTERS,
)


def test_given_the_word_beside_entries_then_it_is_none_of_them() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        RULES.bind("here").match("/things/re.cent", "DELETE")

    assert set(refused.value.valid_methods or ()) == {"POST"}


@pytest.mark.parametrize("name", ["7", "re.cents", "a re.cent", "rexcent", "\N{SNOWMAN}"])
def test_given_anything_else_then_it_is_an_entry(name: str) -> None:
    assert RULES.bind("here").match(f"/things/{name}", "DELETE") == ("delete", {"name": name})


def test_given_a_slash_then_it_is_no_entry() -> None:
    with pytest.raises(NotFound):
        RULES.bind("here").match("/things/a/b", "DELETE")


def test_given_a_word_that_ends_a_path_then_no_other_row_takes_it_for_an_entry(app: Flask) -> None:
    adapter = app.url_map.bind("here")
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.rule.endswith(">"):
            methods.setdefault(re.sub(r"<[^>]*>", "x1", rule.rule), set()).update(rule.methods or ())

    taken = {path: set(adapter.allowed_methods(path)) - own for path, own in methods.items()}

    assert {path: others for path, others in taken.items() if others} == {}
