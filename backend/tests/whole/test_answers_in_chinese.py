"""The same refusals as in English, for somebody who reads Chinese: each domain's, and those of downloads."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop

IN_CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
DIGEST = "0" * 64

Ask = Callable[[Workshop], Answer]


def ask(who: str, method: str, path: str, **options: Any) -> Ask:
    """Ask as somebody, in Chinese; `{project}`, `{package}` stand for those of the shop."""

    def asked(shop: Workshop) -> Answer:
        url = "/api/v1" + path.format(project=shop.project, package=shop.package)
        client: ApiClient = getattr(shop, who)
        headers = IN_CHINESE | options.get("headers", {})
        return client.request(method, url, **{**options, "headers": headers})

    return asked


REFUSALS: list[tuple[Ask, int, str]] = [
    (ask("anonymous", "GET", "/project/{project}"), 401, "请登录或提供 API 密钥"),
    (ask("stranger", "GET", "/project/nothing"), 404, "找不到项目 nothing，或你无权查看"),
    (ask("stranger", "GET", "/project/a/packages/b"), 404, "找不到包 a/b，或你无权查看"),
    (ask("reader", "GET", "/project/{project}/packages/b"), 404, "找不到包 {project}/b"),
    (
        ask("reader", "PUT", "/project/{project}/{package}/upload/a.txt", data=b"a"),
        403,
        "该操作需要项目 {project} 的 writer 角色",
    ),
    (
        ask("owner", "POST", "/projects", json={"name": "Ä"}),
        422,
        "name：应为 1 至 128 个字符，只能使用 a-z、0-9、“.”、“_”、“-”，并以字母或数字开头",
    ),
    (ask("owner", "POST", "/projects", json={}), 422, "name：缺少必填字段"),
    (
        ask("writer", "PUT", "/project/{project}/{package}/upload/a.txt", data=b""),
        422,
        "file：缺失或为空",
    ),
    (
        ask("writer", "PUT", "/project/{project}/{package}/upload/a%5Cb", data=b"a"),
        422,
        "file：应为文件名，而不是路径",
    ),
    (
        ask("writer", "PUT", "/project/{project}/{package}/upload/a?version=a%20b", data=b"a"),
        422,
        "version：版本名只能由可打印的 ASCII 字符组成，且不含空格和“/”",
    ),
    (
        ask(
            "writer", "PUT", "/project/{project}/{package}/upload/a",
            data=b"a", headers={"X-Checksum-SHA256": "1"},
        ),
        400,
        "X-Checksum-SHA256 必须是 64 位十六进制数字",
    ),
    (
        ask(
            "writer", "PUT", "/project/{project}/{package}/upload/a",
            data=b"a", headers={"X-Checksum-SHA256": DIGEST},
        ),
        422,
        "内容的 SHA256 与声明的不一致",
    ),
    (ask("reader", "GET", "/project/{project}/{package}/+/stable"), 404, "引用 stable 不存在"),
    (
        ask("reader", "GET", "/project/{project}/{package}/+/latest"),
        404,
        "没有符合 latest 的版本：这个包里没有任何版本",
    ),
    (ask("writer", "DELETE", "/project/{project}/{package}/tags/stable"), 404, "标签 stable 不存在"),
    (
        ask("writer", "PUT", "/project/{project}/{package}/tags/stable", json={}),
        422,
        "body：artifact_id、version 和 ref 必须且只能提供一个",
    ),
    (ask("maintainer", "DELETE", "/project/{project}/{package}/versions/1.0"), 404, "版本 1.0 不存在"),
    (ask("maintainer", "DELETE", "/project/{project}/{package}/uploads/7"), 404, "没有这条上传记录"),
    (ask("maintainer", "DELETE", "/project/{project}/{package}/uploads/x"), 404, "没有这条上传记录"),
    (ask("reader", "GET", f"/artifact/{DIGEST}"), 404, "找不到该制品，或你无权查看"),
    (ask("reader", "GET", "/packages/7"), 404, "找不到发布 7，或你无权查看"),
    (
        ask(
            "writer", "POST", "/packages",
            json={"name": "a", "version": "1.0.0", "source": {"type": "tar"}},
        ),
        422,
        "source.type：应为 'nix' 或 'url'",
    ),
    (
        ask(
            "writer", "POST", "/packages",
            json={"name": "a", "version": "1.0.0", "source": {"type": "url"}},
        ),
        422,
        "source：类型为 url 的来源需要 url 和 sha256",
    ),
    (ask("reader", "GET", "/users"), 403, "该操作需要管理员权限"),
    (ask("reader", "DELETE", "/auth/keys/x"), 404, "没有这个 API 密钥"),
    (
        ask("anonymous", "POST", "/auth/login", json={"email": "a@example.com", "password": "x"}),
        401,
        "邮箱地址或密码错误",
    ),
    (
        ask("anonymous", "POST", "/auth/register", json={"email": "nobody", "password": "long enough"}),
        422,
        "email：不是有效的邮箱地址",
    ),
    (
        ask("anonymous", "POST", "/auth/register", json={"email": "a@b.example", "password": "short"}),
        422,
        "password：长度应为 8 至 1024 个字节",
    ),
    (ask("reader", "GET", "/search?limit=0"), 422, "limit：应大于或等于 1"),
    (
        ask("reader", "GET", "/search?cursor=eyJ9"),
        422,
        "cursor：不是该列表的游标；请去掉游标，从头开始",
    ),
    (ask("reader", "GET", "/search?colour=red"), 422, "colour：不允许出现未知字段"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "message"), REFUSALS, ids=[each[2] for each in REFUSALS])
def test_given_somebody_who_reads_chinese_then_a_refusal_is_in_it(
    shop: Workshop, asked: Ask, status: int, message: str
) -> None:
    answer = asked(shop)

    assert (answer.status, answer.headers["Content-Language"]) == (status, "zh-CN")
    assert answer.msg == message.format(project=shop.project)
    for error in answer.data.get("errors", []):
        assert answer.msg.startswith(f"{error['field']}：{error['message']}")


def test_given_a_step_that_does_not_fit_then_it_is_named_in_chinese(shop: Workshop) -> None:
    made = shop.writer.post(
        "/api/v1/packages", {"name": "box", "version": "1.0.0", "project": shop.project}
    ).ok()

    answer = shop.writer.post(f"/api/v1/packages/{made.data['id']}/activate", headers=IN_CHINESE)

    assert (answer.status, answer.data["status"]) == (409, "created")
    assert answer.msg == "只有状态为 downloaded 的版本才能激活；版本 1.0.0 的状态是 created"


def test_given_a_taken_version_then_what_programs_read_is_as_in_english(shop: Workshop) -> None:
    shop.upload(b"first", version="1.0.0").ok()
    url = shop.url("/upload/file.bin?version=1.0.0")

    english, chinese = (
        shop.writer.put(url, b"second", headers={"Accept-Language": language}) for language in ("en", "zh")
    )

    assert chinese.data == english.data
    assert chinese.reason == "version_taken"
    assert english.msg == "version 1.0.0 holds other bytes, and a version never changes; use a new version"
    assert chinese.msg == "版本 1.0.0 已有不同的内容，而版本一旦确定就不会改变；请使用新的版本号"


class TestDownloads:
    def test_the_bytes_are_the_same_in_every_language(self, shop: Workshop) -> None:
        shop.upload(b"bytes", version="1.0.0").ok()

        for lang in (None, "zh-CN", "nonsense"):
            query = {} if lang is None else {"lang": lang}
            answer = shop.download("version:1.0.0", headers=IN_CHINESE, query=query).ok()

            assert answer.body == b"bytes"
            assert answer.headers["Vary"] == "Authorization, Cookie"
            assert "Content-Language" not in answer.headers

    def test_what_a_cache_may_show_to_others_does_not_depend_on_the_language(self, shop: Workshop) -> None:
        digest = shop.upload(b"bytes", version="1.0.0").ok().data["sha256"]

        answer = shop.download("version:1.0.0", headers=IN_CHINESE | {"If-None-Match": f'"{digest}"'})

        assert answer.status == 304
        assert answer.headers["Vary"] == "Authorization, Cookie"

    def test_a_refusal_is_not_kept_and_says_that_there_are_others(self, shop: Workshop) -> None:
        shop.upload(b"bytes", version="1.0.0").ok()

        answer = shop.download("version:1.0.0", headers=IN_CHINESE | {"Range": "bytes=9-"})

        assert (answer.status, answer.msg) == (416, "内容只有 5 个字节，请求的范围超出了末尾")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Vary"] == "Accept-Language"

    def test_the_parameter_counts_for_a_refusal(self, shop: Workshop) -> None:
        answer = shop.download("stable", query={"lang": "zh-CN"})

        assert (answer.status, answer.msg) == (404, "引用 stable 不存在")
