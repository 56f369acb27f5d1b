"""The command line asks for messages in the language of whoever runs it."""

import pytest

from pkgctl.languages import accepted_languages


@pytest.mark.parametrize(
    ("environment", "accepted"),
    [
        ({}, None),
        ({"LANG": ""}, None),
        ({"LANG": "C"}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "POSIX"}, None),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN"}, "zh-CN"),
        ({"LANG": "en_US.UTF-8"}, "en-US"),
        ({"LANG": "sr_RS.UTF-8@latin"}, "sr-RS"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en-GB"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, None),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh-CN"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh-CN, en, en-US"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": ""}, "zh-CN"),
        ({"LANG": "C", "LANGUAGE": "zh_CN"}, None),
        ({"LANG": "not a locale\r\nX-Header: 1"}, None),
    ],
)
def test_given_a_locale_then_its_language_is_asked_for(
    environment: dict[str, str], accepted: str | None
) -> None:
    assert accepted_languages(environment) == accepted
