"""What stands in a path: entries of lists, and words beside them that are none."""

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from wxcloudrun.web.endpoint import CONVERTERS

RULES = Map(
    [
        Rule("/things", endpoint="list", methods=["GET"]),
        Rule("/things/re.cent", endpoint="recent", methods=["POST"]),
        Rule('/things/<entry(but="re.cent"):name>', endpoint="delete", methods=["DELETE"]),
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
