"""What the service says to people is made from templates, and the catalogues have every one of them."""

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from tests.support.each import each
from tests.whole.test_architecture import PACKAGE_FILES, name_of, parsed
from tests.whole.test_schema import REFUSALS
from tools import texts
from wxcloudrun.kit.languages import FOLDERS, LOCALES

NAMES_OF_REFUSALS = frozenset({kind.__name__ for kind in REFUSALS} | {"WrongValue"})
# What checks values that callers send.
CHECKING = re.compile(r"/(schemas|rules|names)\b|/web/")
# Their ValueErrors are for other code, which has words of its own.
NOT_FOR_CALLERS = frozenset(
    {"wxcloudrun/jobs/rules.py", "wxcloudrun/releases/rules/sources.py", "wxcloudrun/web/words.py"}
)
CHECKING_FILES = [
    path
    for path in PACKAGE_FILES
    if CHECKING.search(f"/{name_of(path)}") and name_of(path) not in NOT_FOR_CALLERS
]
HAN = re.compile("[\u4e00-\u9fff]")

CATALOGUES = {path: texts.read(path) for path in texts.CATALOGUES}
TEMPLATES = sorted({call.template for call in texts.calls() if call.template is not None})
each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
each_message = each(
    [message for catalogue in CATALOGUES.values() for message in catalogue if message.id],
    lambda message: str(message.id),
)


class TestTheCode:
    def test_every_template_is_a_literal(self) -> None:
        others = [
            f"{name_of(call.path)}:{call.line}"
            for call in texts.calls()
            if call.template is None and call.path not in texts.NO_LITERALS
        ]

        assert others == [], "write text() with a literal, and what varies as values"

    @each(PACKAGE_FILES, name_of)
    def test_no_refusal_has_a_message_that_cannot_be_translated(self, path: Path) -> None:
        bare = [
            f"{name_of(path)}:{call.lineno}"
            for call in ast.walk(parsed(path))
            if isinstance(call, ast.Call) and is_put_together(message_of(call))
        ]

        assert bare == [], "make it with text() of kit/texts.py"

    @each(CHECKING_FILES, name_of)
    def test_what_a_value_lacks_is_said_by_wrong_value(self, path: Path) -> None:
        plain = [
            f"{name_of(path)}:{call.lineno}"
            for call in ast.walk(parsed(path))
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ValueError"
        ]

        assert plain == [], "raise WrongValue(text(…)), or say in this file why no caller sees it"


def message_of(call: ast.Call) -> ast.expr | None:
    """Return the message with which a refusal is made, None if the call makes none."""
    match call.func:
        case ast.Name(id=name) if name in NAMES_OF_REFUSALS:
            place = 0
        case ast.Attribute(value=ast.Name(id=name), attr="field") if name in NAMES_OF_REFUSALS:
            place = 1
        case _:
            return None
    return call.args[place] if len(call.args) > place else None


def is_put_together(message: ast.expr | None) -> bool:
    """Tell what is no Text for certain; of a name or a call, its type tells mypy."""
    match message:
        case ast.Constant() | ast.JoinedStr() | ast.BinOp():
            return True
        case ast.Call(func=ast.Name(id="str")) | ast.Call(func=ast.Attribute(attr="format" | "join")):
            return True
    return False


class TestCatalogues:
    def test_there_is_one_for_every_language(self) -> None:
        assert sorted(CATALOGUES) == sorted(
            LOCALES / folder / "LC_MESSAGES" / "messages.po" for folder in FOLDERS.values()
        )

    @each_catalogue
    def test_it_has_what_the_code_says_and_nothing_else(self, path: Path) -> None:
        assert texts.written(texts.refreshed(path)) == path.read_bytes(), "run `make texts`"

    @each_catalogue
    def test_it_is_compiled(self, path: Path) -> None:
        assert texts.compiled(CATALOGUES[path]) == path.with_suffix(".mo").read_bytes(), "run `make texts`"

    @each_catalogue
    def test_every_template_is_translated(self, path: Path) -> None:
        catalogue = CATALOGUES[path]
        wanted = [*TEMPLATES, *texts.templates_of_pydantic()]

        assert TEMPLATES
        assert [template for template in wanted if not translation(catalogue, template)] == []

    @each_catalogue
    def test_nothing_in_it_is_a_guess_or_a_leftover(self, path: Path) -> None:
        catalogue = CATALOGUES[path]

        assert [message.id for message in catalogue if message.id and message.fuzzy] == []
        assert list(catalogue.obsolete) == []

    @each_message
    def test_a_translation_takes_the_same_values(self, message: Message) -> None:
        """What pydantic fills in may be left out: plurals of English, and reasons that are English."""
        original, translated = fields_of(str(message.id)), fields_of(str(message.string))

        if texts.OF_PYDANTIC in message.auto_comments:
            assert translated <= original
        else:
            assert translated == original

    @each_message
    def test_a_translation_is_another_sentence(self, message: Message) -> None:
        assert message.string != message.id


class TestChinese:
    @each_message
    def test_it_is_written_as_chinese_is(self, message: Message) -> None:
        chinese = str(message.string)

        assert HAN.search(chinese) or chinese in {"{field}：{complaint}", "{first}；{rest}"}
        assert not re.search(f"{HAN.pattern}[A-Za-z0-9]|[A-Za-z0-9]{HAN.pattern}", chinese), "wants a space"
        assert not re.search(f"{HAN.pattern}[,;:!?]|[,;:!?]{HAN.pattern}", chinese), "wants full width"
        assert not chinese.endswith("。"), "messages end without a full stop"


def translation(catalogue: Catalog, template: str) -> str:
    """Return what a catalogue says in the place of a template."""
    message = catalogue.get(template)
    return "" if message is None else str(message.string)


def fields_of(template: str) -> set[tuple[str | None, str | None, str | None]]:
    """Return what a template takes: the names, with how each is written."""
    parts = string.Formatter().parse(template)
    return {(name, form, conversion) for _, name, form, conversion in parts if name is not None}
