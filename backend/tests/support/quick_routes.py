"""Routes whose builders of URLs are made once. The same rule always gives the same one.

Werkzeug compiles two functions for each rule, which is nine tenths of what making an application takes; the
tests make hundreds of them, with the same rules.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.routing import Rule

type Builder = Callable[..., tuple[str, str]]


@contextmanager
def remembered_builders() -> Iterator[None]:
    """Let every rule of this process take the builders of one that is written in the same way."""
    compile_builder = Rule._compile_builder  # noqa: SLF001  # there is no other place to keep it from being done
    made: dict[tuple[Any, ...], Builder] = {}

    def remembering(rule: Rule, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002  # Werkzeug's own
        if rule.defaults:  # they become part of the function
            return compile_builder(rule, append_unknown)
        written = (rule.rule, append_unknown, *rule._trace)  # noqa: SLF001  # how it is written
        if written not in made:
            made[written] = compile_builder(rule, append_unknown)
        return made[written]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", remembering)
        yield
