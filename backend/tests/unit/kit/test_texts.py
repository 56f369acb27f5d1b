"""A sentence stays the English it was, and can be said in Chinese by its template and its values."""

import copy
import pickle
from pathlib import Path

import pytest

from wxcloudrun.kit import languages
from wxcloudrun.kit.languages import CHINESE, ENGLISH, said
from wxcloudrun.kit.texts import Text, borrowed, either, joined, of_field, text


def missing() -> Text:
    """Return a sentence that holds another one."""
    return text(
        "{what} does not exist or is not visible to you", what=text("project {project}", project="tools")
    )


def test_given_a_template_and_values_then_it_is_the_sentence() -> None:
    sentence = missing()

    assert sentence == "project tools does not exist or is not visible to you"
    assert sentence.template == "{what} does not exist or is not visible to you"


def test_given_english_then_it_stays_as_it_is() -> None:
    assert said(missing(), ENGLISH) == "project tools does not exist or is not visible to you"


def test_given_chinese_then_the_sentence_inside_is_said_in_it_too() -> None:
    assert said(missing(), CHINESE) == "找不到项目 tools，或你无权查看"


def test_given_a_sentence_without_a_translation_then_it_stays_english() -> None:
    assert said(text("a {thing} that nobody has translated", thing=missing()), CHINESE).startswith(
        "a project"
    )


def test_given_what_is_no_text_then_it_is_left_alone() -> None:
    assert said("log in", CHINESE) == "log in"


@pytest.mark.parametrize("value", ["{}", "{0}", "{what.__class__}", "{{", "%s", "项目"])
def test_given_braces_in_a_value_then_they_are_only_characters(value: str) -> None:
    sentence = text("tag {name} does not exist", name=value)

    assert sentence == f"tag {value} does not exist"
    assert said(sentence, CHINESE) == f"标签 {value} 不存在"


def test_given_a_sentence_of_a_library_then_english_says_it_verbatim() -> None:
    sentence = borrowed("An email address must have an @-sign.", "this is not a valid e-mail address")

    assert said(sentence, ENGLISH) == "An email address must have an @-sign."
    assert said(sentence, CHINESE) == "不是有效的邮箱地址"


def test_given_several_complaints_then_they_are_one_line() -> None:
    line = joined([of_field(field, text("unknown parameter")) for field in ("a", "b", "c")])

    assert line == "a: unknown parameter; b: unknown parameter; c: unknown parameter"
    assert said(line, CHINESE) == "a：未知参数；b：未知参数；c：未知参数"


def test_given_one_complaint_then_it_is_the_line() -> None:
    assert joined([text("unknown parameter")]) == "unknown parameter"


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [(["a"], "a", "a"), (["a", "b"], "a or b", "a 或 b"), (["a", "b", "c"], "a or b or c", "a 或 b 或 c")],
)
def test_given_possibilities_then_all_are_named(options: list[str], english: str, chinese: str) -> None:
    assert either(options) == english
    assert said(either(options), CHINESE) == chinese


@pytest.mark.parametrize("again", [copy.deepcopy, lambda sentence: pickle.loads(pickle.dumps(sentence))])
def test_given_a_copy_then_it_can_be_said_as_well(again: object) -> None:
    assert callable(again)
    assert said(again(missing()), CHINESE) == "找不到项目 tools，或你无权查看"


def test_given_a_catalogue_that_is_missing_then_the_start_stops(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    languages.catalogue.cache_clear()
    monkeypatch.setattr(languages, "LOCALES", tmp_path)

    with pytest.raises(FileNotFoundError):
        languages.load()
