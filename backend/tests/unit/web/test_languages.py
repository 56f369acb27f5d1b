"""Refusals speak the language that a request asks for; what programs read stays what it was."""

import pytest

from tests.support.client import Answer, ApiClient
from wxcloudrun.web.languages import of_header

ENGLISH, CHINESE = "en", "zh-CN"
UNKNOWN_URL = {
    ENGLISH: "no such URL; /api/docs describes those that there are",
    CHINESE: "没有这个 URL；可用的 URL 见 /api/docs",
}

each_header = pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        (None, ENGLISH),
        ("", ENGLISH),
        ("en", ENGLISH),
        ("en-US,en;q=0.9", ENGLISH),
        ("zh-CN", CHINESE),
        ("zh-cn", CHINESE),
        ("zh_CN", CHINESE),
        ("zh", CHINESE),
        ("zh-Hans", CHINESE),
        ("zh-Hans-CN", CHINESE),
        ("zh-TW", CHINESE),
        ("zh-Hant-HK", CHINESE),
        ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
        ("zh, en;q=0.5", CHINESE),
        ("zh-TW,en;q=0.5", CHINESE),
        ("zh-CN, en", CHINESE),
        ("en, zh-CN", ENGLISH),
        ("en;q=0.5, zh-CN", CHINESE),
        ("fr", ENGLISH),
        ("fr, zh;q=0.2", CHINESE),
        ("fr, zh;q=0.2, en;q=0.3", ENGLISH),
        ("*", ENGLISH),
        ("*, zh;q=0.5", ENGLISH),
        ("zh, *;q=0.5", CHINESE),
        ("zh;q=0", ENGLISH),
        ("zh;q=0, *", ENGLISH),
        ("zhuang", ENGLISH),
        (";;q=,,=", ENGLISH),
        ("zh;q=nan", ENGLISH),
    ],
)


def refused(client: ApiClient, accept_language: str | None, query: str = "") -> Answer:
    """Ask for a URL that does not exist."""
    headers = {} if accept_language is None else {"Accept-Language": accept_language}
    return client.get(f"/api/v1/nothing{query}", headers=headers)


class TestTheLanguage:
    @each_header
    def test_it_is_the_one_that_the_client_wants_most(
        self, probing: ApiClient, accept_language: str | None, language: str
    ) -> None:
        answer = refused(probing, accept_language)

        assert answer.headers["Content-Language"] == language
        assert answer.msg == UNKNOWN_URL[language]

    @each_header
    def test_a_header_alone_is_read_in_the_same_way(self, accept_language: str | None, language: str) -> None:
        assert of_header(accept_language) == language

    @pytest.mark.parametrize(
        ("query", "accept_language", "language"),
        [
            ("?lang=zh-CN", None, CHINESE),
            ("?lang=zh", "en", CHINESE),
            ("?lang=zh_TW", "en", CHINESE),
            ("?lang=en", "zh-CN", ENGLISH),
            ("?lang=EN-gb", "zh-CN", ENGLISH),
            ("?lang=fr", "zh-CN", CHINESE),  # not spoken here: what the header says counts
            ("?lang=", "zh-CN", CHINESE),
            ("?lang=fr", None, ENGLISH),
        ],
    )
    def test_the_parameter_goes_before_the_header(
        self, probing: ApiClient, query: str, accept_language: str | None, language: str
    ) -> None:
        assert refused(probing, accept_language, query).headers["Content-Language"] == language


class TestTheParameter:
    @pytest.mark.parametrize("url", ["/probe/nothing", "/probe/query", "/probe/lax", "/api/health"])
    def test_every_endpoint_takes_it(self, probing: ApiClient, url: str) -> None:
        probing.get(url, query={"lang": "zh-CN"}).ok()

    def test_it_is_no_excuse_for_another_one(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/nothing", query={"lang": "zh-CN", "language": "zh-CN"})

        assert answer.status == 422
        assert answer.data["errors"] == [{"field": "language", "message": "未知参数"}]
        assert answer.msg == "language：未知参数"

    def test_given_twice_it_is_refused_as_any_other(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/nothing?lang=zh-CN&lang=en")

        assert answer.status == 422
        assert answer.data["errors"] == [{"field": "lang", "message": "重复出现"}]

    def test_a_page_may_be_turned_in_another_language(self, probing: ApiClient) -> None:
        first = probing.get("/probe/numbers", query={"limit": 2, "lang": "zh-CN"}).ok()

        second = probing.get("/probe/numbers", query={"limit": 2, "cursor": first.data["next_cursor"]})

        assert [item["value"] for item in second.ok().items] == [3, 4]


class TestWhatIsSaid:
    def test_a_success_says_success_in_every_language(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/nothing", headers={"Accept-Language": "zh-CN"}).ok()

        assert answer.body == b'{"code":1,"data":{},"msg":"success"}\n'
        assert "Content-Language" not in answer.headers
        assert "Accept-Language" not in answer.headers.get("Vary", "")

    def test_the_reason_and_the_facts_are_the_same_in_every_language(self, probing: ApiClient) -> None:
        english, chinese = (
            probing.get("/probe/refuses", headers={"Accept-Language": language})
            for language in (ENGLISH, CHINESE)
        )

        assert chinese.status == english.status == 409
        assert chinese.data == english.data == {"reason": "conflict", "existing": "a", "offered": "b"}
        assert chinese.headers["X-Why"] == "because"

    def test_a_mistake_of_ours_is_told_too(self, probing: ApiClient) -> None:
        answer = probing.get("/probe/fails", headers={"Accept-Language": "zh-CN"})

        assert answer.status == 500
        assert answer.msg == "服务内部出错，请将请求 ID 反馈给管理员"

    def test_what_a_client_sent_is_not_taken_for_a_sentence(self, probing: ApiClient) -> None:
        name = "log in"  # a sentence that the catalogue has

        answer = probing.post("/probe/things", {"name": name}, headers={"Accept-Language": "zh-CN"})

        assert answer.ok().data["name"] == name


class TestValidation:
    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {"name": ("is missing", "缺少必填字段")}),
            ({"name": 1}, {"name": ("must be a string", "应为字符串")}),
            ({"name": None}, {"name": ("must be a string", "应为字符串")}),
            (
                {"name": "x" * 10_001},
                {"name": ("must have 10000 characters at most", "最多 10000 个字符")},
            ),
            ({"name": "x", "count": "1"}, {"count": ("must be a whole number", "应为整数")}),
            ({"name": "x", "is_good": 1}, {"is_good": ("must be true or false", "应为布尔值")}),
            ({"name": "x", "parts": "a"}, {"parts": ("must be an array", "应为数组")}),
            ({"name": "x", "extra": 1}, {"extra": ("is no field of this request", "不允许出现未知字段")}),
            ([], {"body": ("must be an object", "应为对象")}),
            (
                {"count": None, "ratio": "1"},
                {
                    "name": ("is missing", "缺少必填字段"),
                    "count": ("must be a whole number", "应为整数"),
                    "ratio": ("must be a number", "应为数值"),
                },
            ),
        ],
    )
    def test_what_a_value_lacks_is_said_plainly_in_both_languages(
        self, probing: ApiClient, body: object, errors: dict[str, tuple[str, str]]
    ) -> None:
        for place, language in enumerate((ENGLISH, CHINESE)):
            answer = probing.post("/probe/things", body, headers={"Accept-Language": language})

            assert answer.status == 422
            told = {error["field"]: error["message"] for error in answer.data["errors"]}
            assert told == {field: both[place] for field, both in errors.items()}

    def test_the_message_names_the_first_three(self, probing: ApiClient) -> None:
        answer = probing.post(
            "/probe/things", {"name": 1, "count": "a", "ratio": "b", "x": 1}, query="lang=zh"
        )

        assert answer.msg == "name：应为字符串；count：应为整数；ratio：应为数值"
        assert len(answer.data["errors"]) == 4

    def test_what_is_no_json_is_told(self, probing: ApiClient) -> None:
        headers = {"Content-Type": "application/json", "Accept-Language": "zh-CN"}

        assert probing.post("/probe/things", data=b"{", headers=headers).msg == "请求体不是有效的 JSON"
