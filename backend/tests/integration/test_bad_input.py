"""Whatever arrives, the answer is a 4xx in the envelope, nothing is stored, and the log has one line."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.builders import content
from tests.support.client import Answer, ApiClient
from tests.support.live import LiveServer
from tests.support.raw_http import RawConnection

HOSTILE_NAMES = {
    "path": "../../etc/passwd",
    "nul": "a\x00b",
    "line break": "a\r\nSet-Cookie: x=1",
    "300 characters": "a" * 300,
    "emoji": "📦",
    "blank": " ",
    "empty": "",
    "right to left": "a\u202eb",
}
HOSTILE_FILE_NAMES = {name: text for name, text in HOSTILE_NAMES.items() if name not in {"emoji", "blank"}}
KEPT_FILE_NAMES = ["📦.zip", "测试 包(1).zip", 'a"b.zip', "a+b%20.zip", " ", "x" * 255]


@pytest.fixture
def nothing_stored(server: LiveServer, admin: ApiClient, package_url: str) -> Iterator[None]:
    """Check afterwards that the package and the store are as they were, and each request left one line."""
    objects, lines = server.objects(), len(server.log_lines())
    yield
    assert {line["event"] for line in server.told(since=lines)} <= {"request"}
    assert server.objects() <= objects
    for rest in ("/uploads", "/tags", "/versions"):
        assert admin.get(package_url + rest).items == []


def refused(answer: Answer) -> bool:
    """Tell a refusal that is the client's fault."""
    return 400 <= answer.status < 500


@pytest.mark.usefixtures("nothing_stored")
class TestBodies:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/api/v1/projects"),
            ("POST", "/api/v1/auth/login"),
            ("POST", "/api/v1/auth/register"),
            ("POST", "/api/v1/auth/keys"),
            ("PUT", "{package}/tags/stable"),
        ],
    )
    @pytest.mark.parametrize(
        "body",
        [
            content(500), b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"name": 1, "email": []}',
            b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}', b'{"name": NaN}',
        ],
        ids=lambda body: body[:12].hex() or "nothing",
    )  # fmt: skip
    def test_given_a_body_that_is_no_good_json(
        self, admin: ApiClient, package_url: str, method: str, path: str, body: bytes
    ) -> None:
        answer = admin.request(
            method,
            path.format(package=package_url),
            data=body,
            headers={"Content-Type": "application/json"},
        )

        assert answer.status in {400, 422}, answer

    def test_given_10_mb_of_json_then_413_names_the_limit(self, admin: ApiClient) -> None:
        answer = admin.request(
            "POST",
            "/api/v1/projects",
            data=b'{"name": "' + b"a" * 10_000_000 + b'"}',
            headers={"Content-Type": "application/json"},
        )

        assert (answer.status, answer.data["limit"]) == (413, 1024 * 1024)

    def test_given_a_form_where_json_belongs_then_415(self, admin: ApiClient) -> None:
        answer = admin.request("POST", "/api/v1/projects", data={"name": "x"})

        assert answer.status == 415

    @pytest.mark.parametrize(
        "body",
        [
            content(2000), b"", b"--b--\r\n", b"--b\r\n\r\n",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        ],
        ids=["random", "nothing", "no part", "cut head", "nameless part"],
    )  # fmt: skip
    def test_given_a_form_that_is_none(self, admin: ApiClient, package_url: str, body: bytes) -> None:
        answer = admin.request(
            "POST",
            package_url + "/upload",
            data=body,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )

        assert answer.status in {400, 422}, answer


@pytest.mark.usefixtures("nothing_stored")
class TestNames:
    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_given_a_hostile_name_in_a_body_then_422_names_the_field(
        self, admin: ApiClient, package_url: str, name: str
    ) -> None:
        text = HOSTILE_NAMES[name]
        project = package_url.split("/")[4]

        for path in ("/api/v1/projects", f"/api/v1/project/{project}/packages"):
            answer = admin.post(path, {"name": text})
            assert (answer.status, answer.data["errors"][0]["field"]) == (422, "name")

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_given_a_hostile_tag_or_version_then_422(
        self, admin: ApiClient, package_url: str, name: str
    ) -> None:
        text = HOSTILE_NAMES[name]

        for field in ("tag", "version"):
            by_query = admin.put(package_url + "/upload/a.bin", b"bytes", query={field: text})
            by_form = admin.request(
                "POST", package_url + "/upload", form={field: text, "file": (b"bytes", "a.bin")}
            )
            assert (by_query.status, by_query.data["errors"][0]["field"]) == (422, field)
            assert (by_form.status, by_form.data["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_given_a_hostile_name_in_a_url_then_it_does_not_exist(
        self, admin: ApiClient, package_url: str, name: str
    ) -> None:
        text = quote(HOSTILE_NAMES[name], safe="")

        for path in (
            f"/api/v1/project/{text}",
            f"/api/v1/project/{text}/pkg/+/tag:latest",
            f"{package_url}/+/tag:{text}",
            f"{package_url}/+/version:{text}",
            f"{package_url}/+/artifact:{text}",
            f"{package_url}/+/{text}",
            f"{package_url}/versions/{text}",
            f"{package_url}/tags/{text}",
            f"/api/v1/artifact/{text}",
        ):
            if path.endswith("/"):
                continue  # an empty name is another URL
            assert admin.get(path).status == 404, path

    @pytest.mark.parametrize("name", HOSTILE_FILE_NAMES)
    def test_given_a_hostile_file_name_then_it_is_refused_and_not_repaired(
        self, server: LiveServer, admin_token: str, package_url: str, name: str
    ) -> None:
        text = HOSTILE_FILE_NAMES[name]
        url = f"{package_url}/upload/{quote(text, safe='')}"

        with RawConnection(server.port) as connection:
            connection.head("PUT", url, admin_token, Content_Length="5")
            connection.send(b"bytes")
            answer = connection.answer()

        assert answer.status == (404 if text == "" else 422), answer.body

    def test_given_a_file_name_that_is_not_utf8_then_422(
        self, server: LiveServer, admin_token: str, package_url: str
    ) -> None:
        with RawConnection(server.port) as connection:
            connection.head("PUT", f"{package_url}/upload/a%FFb.bin", admin_token, Content_Length="5")
            connection.send(b"bytes")
            answer = connection.answer()

        assert answer.status == 422


def test_given_bytes_in_a_url_that_are_no_text_then_they_mean_no_file(
    admin: ApiClient, package_url: str
) -> None:
    admin.put(f"{package_url}/upload/%EF%BF%BD", b"kept", query={"version": "1.0.0"}).ok()

    for at in ("/+/version:1.0.0/%FF", "/+/version:1.0.0/%ED%A0%80", "/+/%FF", "/versions/%FF"):
        assert admin.get(package_url + at).status == 404
    assert admin.delete(f"{package_url}/versions/1.0.0/files/%FF").status == 404

    assert admin.get(f"{package_url}/+/version:1.0.0/%EF%BF%BD").ok().body == b"kept"


@pytest.mark.parametrize("name", KEPT_FILE_NAMES)
def test_given_an_unusual_file_name_then_it_is_kept_exactly(
    admin: ApiClient, package_url: str, name: str
) -> None:
    uploaded = admin.put(f"{package_url}/upload/{quote(name, safe='')}", name.encode()).ok()

    assert uploaded.data["original_name"] == name
    assert admin.get(package_url + "/uploads").items[0]["original_name"] == name


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "get", "X" * 20])
def test_given_an_unknown_method_then_it_is_refused(server: LiveServer, method: str) -> None:
    with RawConnection(server.port) as connection:
        connection.head(method, "/api/v1/projects", None)
        answer = connection.answer()

    assert 400 <= answer.status < 500


def test_given_the_server_after_all_this_then_it_is_healthy(server: LiveServer, admin: ApiClient) -> None:
    assert admin.get("/api/ready").status == 200
    assert not [line for line in server.log_lines() if "unhandled_error" in line or "Traceback" in line]
