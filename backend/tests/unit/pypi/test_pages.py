"""Index, project pages, files and metadata, as installers ask for them."""

import base64
import hashlib
import re
from html import unescape

import pytest

from tests.support.client import ApiClient
from tests.support.python_index import HTML, JSON, PythonIndex, sdist_of, wheel_of
from tests.support.registry import PersonMaker, Workshop, workshop

WHEEL = wheel_of(requires_python=">=3.8,<4", summary="Says hello")
SDIST = sdist_of()


@pytest.fixture
def stocked(index: PythonIndex) -> PythonIndex:
    """An index with a wheel and a source distribution of one version."""
    index.publish(WHEEL).ok()
    index.publish(SDIST).ok()
    return index


class TestPages:
    def test_given_files_then_json_says_everything_of_them(self, stocked: PythonIndex) -> None:
        answer = stocked.get("/simple/hello-h7/", Accept=JSON).ok()
        page, (wheel, sdist) = answer.data, answer.data["files"]

        assert answer.headers["Content-Type"] == JSON
        assert page["meta"]["api-version"] == "1.4"
        assert (page["name"], page["versions"]) == ("hello-h7", ["1.0"])
        assert wheel["filename"] == "hello_h7-1.0-py3-none-any.whl"
        assert wheel["hashes"] == {"sha256": WHEEL.digest}
        assert wheel["size"] == len(WHEEL.data)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", wheel["upload-time"])
        assert wheel["requires-python"] == ">=3.8,<4"
        assert (wheel["yanked"], "provenance" in wheel) == (False, False)
        assert wheel["core-metadata"] == wheel["dist-info-metadata"] != False  # noqa: E712 - a JSON value
        assert (sdist["core-metadata"], "requires-python" in sdist) == (False, False)

    def test_given_the_same_as_html_then_attributes_say_it_and_are_escaped(
        self, stocked: PythonIndex
    ) -> None:
        digest = stocked.files()[WHEEL.filename]["core-metadata"]["sha256"]
        for accept, kind in ((HTML, HTML), ("text/html", "text/html; charset=utf-8")):
            answer = stocked.get("/simple/hello-h7/", Accept=accept).ok()
            body = answer.body.decode()

            assert answer.headers["Content-Type"] == kind
            assert '<meta name="pypi:repository-version" content="1.4">' in body
            assert 'data-requires-python="&gt;=3.8,&lt;4"' in body
            assert f'data-core-metadata="sha256={digest}"' in body
            assert f"#sha256={SDIST.digest}" in body
            assert "data-yanked" not in body

    def test_given_a_link_then_it_leads_to_the_bytes_with_ranges_and_for_ever(
        self, stocked: PythonIndex
    ) -> None:
        for file in (WHEEL, SDIST):
            url = stocked.files()[file.filename]["url"].replace("../../", "/")
            whole, part = stocked.get(url).ok(), stocked.get(url, Range="bytes=2-5").ok()

            assert (whole.body, part.body) == (file.data, file.data[2:6])
            assert (whole.status, part.status) == (200, 206)
            assert "immutable" in whole.headers["Cache-Control"]
            assert whole.headers["Cache-Control"].startswith("private")
            assert whole.headers["Content-Type"] == "application/octet-stream"
            assert stocked.get(url, If_None_Match=whole.headers["ETag"]).status == 304

    def test_given_a_wheel_then_its_metadata_are_served_as_they_are(self, stocked: PythonIndex) -> None:
        file = stocked.files()[WHEEL.filename]
        url = file["url"].replace("../../", "/") + ".metadata"

        answer = stocked.get(url).ok()

        assert hashlib.sha256(answer.body).hexdigest() == file["core-metadata"]["sha256"]
        assert answer.body.startswith(b"Metadata-Version: 2.1\nName: Hello_H7\n")
        assert "immutable" in answer.headers["Cache-Control"]
        assert stocked.get(url, If_None_Match=answer.headers["ETag"]).status == 304
        part = stocked.get(url, Range="bytes=2-5", If_Range=answer.headers["ETag"])
        assert (part.status, part.body) == (206, answer.body[2:6])
        behind = stocked.get(url, Range="bytes=99999-")
        assert (behind.status, behind.reason) == (416, "range_not_satisfiable")
        assert behind.headers["Content-Range"] == f"bytes */{len(answer.body)}"
        assert stocked.get(f"/files/{'0' * 64}/{WHEEL.filename}.metadata").status == 404
        assert stocked.get(f"/files/{WHEEL.digest}/other-1.0-py3-none-any.whl").status == 404

    def test_given_hatch_then_it_finds_the_page_behind_the_address_of_uploads(
        self, stocked: PythonIndex
    ) -> None:
        answer = stocked.get("/legacy/%2Bsimple/hello-h7/", Accept=JSON).ok()

        assert answer.data["files"][0]["url"].startswith("../../../files/")

    def test_given_other_files_in_the_package_then_installers_do_not_see_them(
        self, stocked: PythonIndex, shop: Workshop
    ) -> None:
        url = shop.url("/upload/notes.txt", package="pypi:hello-h7")
        shop.writer.put(url, b"text", query={"version": "1.0"}).ok()

        assert list(stocked.files()) == [WHEEL.filename, SDIST.filename]


class TestSpellings:
    @pytest.mark.parametrize("name", ["Hello_H7", "hello.h7", "HELLO--h7"])
    def test_given_another_spelling_then_301_to_the_one(self, stocked: PythonIndex, name: str) -> None:
        for url, location in (
            (f"/simple/{name}/", "../hello-h7/"),
            (f"/simple/{name}", "hello-h7/"),
            (f"/simple/{name}/?format=x", "../hello-h7/?format=x"),
        ):
            answer = stocked.get(url)
            assert (answer.status, answer.headers["Location"]) == (301, location)

    @pytest.mark.parametrize("name", ["https:evil.example", "javascript:x", "a%0D%0Ab", "%5C%5Cevil", "A:b"])
    def test_given_a_name_that_is_no_name_then_301_stays_here(self, index: PythonIndex, name: str) -> None:
        for url in (f"{index.base}/simple/{name}", f"{index.base}/simple/{name.upper()}/", f"/pypi/{name}"):
            location = index.shop.reader.get(url).headers.get("Location", "")
            assert not set(location) & set(":\\\r\n"), location

    def test_given_addresses_without_their_slash_then_301(self, index: PythonIndex) -> None:
        project = index.shop.project
        assert index.get("/simple").headers["Location"] == "simple/"
        assert index.get("/").headers["Location"] == "simple/"
        assert index.get("").headers["Location"] == f"{project}/simple/"

    def test_given_versions_that_are_one_then_they_are_one(self, index: PythonIndex) -> None:
        index.publish(sdist_of(version="1.0")).ok()
        index.publish(wheel_of(version="1.0.0")).ok()

        assert index.page()["versions"] == ["1.0"]
        assert len(index.page()["files"]) == 2


WISHES = {
    "": "text/html; charset=utf-8",
    "*/*": "text/html; charset=utf-8",
    "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8": "text/html; charset=utf-8",
    f"{JSON}, {HTML}; q=0.1, text/html; q=0.01": JSON,  # pip
    f"{JSON}, {HTML};q=0.2, text/html;q=0.01": JSON,  # uv
    f"{HTML};q=0.9, {JSON};q=0.1": HTML,
    f"{HTML}, {JSON}": JSON,
    "application/vnd.pypi.simple.latest+json": JSON,
    "application/vnd.pypi.simple.v2+json, text/html;q=0.1": "text/html; charset=utf-8",
}


class TestForms:
    @pytest.mark.parametrize("accept", WISHES)
    def test_given_wishes_then_the_best_form_is_answered(self, stocked: PythonIndex, accept: str) -> None:
        for url in ("/simple/", "/simple/hello-h7/"):
            answer = stocked.get(url, None, **({"Accept": accept} if accept else {})).ok()

            assert answer.headers["Content-Type"] == WISHES[accept]
            assert {"Accept", "Authorization"} <= set(answer.headers["Vary"].split(", "))

    def test_given_a_form_in_the_url_then_it_goes_before_wishes(self, stocked: PythonIndex) -> None:
        answer = stocked.get(f"/simple/?format={JSON.replace('+', '%2B')}", Accept="text/html").ok()

        assert answer.data["projects"] == [{"name": "hello-h7"}]

    @pytest.mark.parametrize("accept", ["image/png", f"{JSON};q=0", "application/vnd.pypi.simple.v2+json"])
    def test_given_nothing_that_there_is_then_406(self, stocked: PythonIndex, accept: str) -> None:
        assert stocked.get("/simple/hello-h7/", Accept=accept).status == 406


class TestRevalidation:
    def test_given_no_change_then_304_and_after_one_the_new_page(
        self, stocked: PythonIndex, shop: Workshop
    ) -> None:
        first = {form: stocked.get("/simple/hello-h7/", Accept=form) for form in (JSON, HTML, "text/html")}
        assert len({answer.headers["ETag"] for answer in first.values()}) == 3
        for form, answer in first.items():
            again = stocked.get("/simple/hello-h7/", Accept=form, If_None_Match=answer.headers["ETag"])
            assert (again.status, again.body) == (304, b"")
            assert again.headers["ETag"] == answer.headers["ETag"]
            assert again.headers["Cache-Control"] == "private, no-cache"

        url = shop.url("/versions/1.0", package="pypi:hello-h7")
        shop.writer.patch(url, {"yanked": "broken"}).ok()

        etag = first[JSON].headers["ETag"]
        changed = stocked.get("/simple/hello-h7/", Accept=JSON, If_None_Match=f'"x", {etag}').ok()
        assert changed.status == 200
        assert {each["yanked"] for each in changed.data["files"]} == {"broken"}

    def test_given_the_etag_of_another_form_then_it_is_no_match(self, stocked: PythonIndex) -> None:
        etag = stocked.get("/simple/hello-h7/", Accept=HTML).headers["ETag"]

        assert stocked.get("/simple/hello-h7/", Accept=JSON, If_None_Match=etag).status == 200

    def test_given_a_page_that_was_made_before_then_a_change_shows_and_strangers_see_none(
        self, stocked: PythonIndex, shop: Workshop
    ) -> None:
        first = stocked.get("/simple/hello-h7/", Accept=JSON).ok()
        assert stocked.get("/simple/hello-h7/", Accept=JSON).ok().body == first.body
        alias = stocked.get("/legacy/+simple/hello-h7/", Accept=JSON).ok()
        assert alias.data["files"][0]["url"].startswith("../../../files/")
        assert stocked.get("/simple/hello-h7/", shop.stranger, Accept=JSON).status == 404
        assert stocked.get("/simple/hello-h7/", shop.anonymous, Accept=JSON).status == 401

        stocked.publish(wheel_of(version="2.0")).ok()

        assert stocked.page()["versions"] == ["1.0", "2.0"]
        old = stocked.get("/simple/hello-h7/", Accept=JSON, If_None_Match=first.headers["ETag"]).ok()
        assert len(old.data["files"]) == 3
        shop.owner.delete(
            f"/api/v1/project/{shop.project}/packages/pypi:hello-h7", query={"force": "true"}
        ).ok()
        assert stocked.get("/simple/hello-h7/", Accept=JSON).status == 404

    def test_given_the_index_then_it_is_revalidated_by_what_it_says(self, stocked: PythonIndex) -> None:
        etag = stocked.get("/simple/", Accept=JSON).headers["ETag"]
        assert stocked.get("/simple/", Accept=JSON, If_None_Match=etag).status == 304

        stocked.publish(wheel_of("another")).ok()

        assert stocked.get("/simple/", Accept=JSON, If_None_Match=etag).status == 200


class TestYanking:
    @pytest.mark.parametrize(("reason", "shown"), [("loses <data>", "loses <data>"), ("", True)])
    def test_given_a_yanked_version_then_pages_say_so_and_why(
        self, stocked: PythonIndex, shop: Workshop, reason: str, shown: object
    ) -> None:
        url = shop.url("/versions/1.0", package="pypi:hello-h7")
        shop.writer.patch(url, {"yanked": reason}).ok()

        html = stocked.get("/simple/hello-h7/").body.decode()
        assert stocked.files()[WHEEL.filename]["yanked"] == shown
        assert [unescape(each) for each in re.findall(r'data-yanked="([^"]*)"', html)] == [reason, reason]

        shop.writer.patch(url, {"yanked": None}).ok()

        assert stocked.files()[WHEEL.filename]["yanked"] is False


class TestWhoSees:
    ASKED = (
        "/simple/", "/simple/hello-h7/", "/simple/no-such/", f"/files/{WHEEL.digest}/{WHEEL.filename}",
        f"/files/{'0' * 64}/no-1.0.tar.gz", f"/files/{WHEEL.digest}/{WHEEL.filename}.metadata",
        f"/files/{'x' * 64}/no.exe", "/integrity/hello-h7/1.0/f.whl/provenance", "/simple/no%20name/",
    )  # fmt: skip

    @pytest.mark.parametrize("asked", ASKED)
    def test_given_a_private_project_then_nobody_learns_what_is_there(
        self, stocked: PythonIndex, shop: Workshop, asked: str
    ) -> None:
        nobody, absent = stocked.get(asked, shop.anonymous), shop.anonymous.get(f"/pypi/no-such{asked}")
        assert (nobody.status, absent.status) == (401, 401)
        assert nobody.headers["WWW-Authenticate"] == 'Basic realm="registry", charset="UTF-8"'
        assert {**nobody.data, "detail": ""} == {**absent.data, "detail": ""}

        stranger = stocked.get(asked, shop.stranger)
        assert (stranger.status, stranger.reason) == (404, "not_found")

    def test_given_a_public_project_then_everybody_reads_and_unknown_names_are_404(
        self, client: ApiClient, make_person: PersonMaker
    ) -> None:
        index = PythonIndex(workshop(client, make_person, is_public=True))
        index.publish(WHEEL).ok()
        anonymous = index.shop.anonymous

        page = index.get("/simple/hello-h7/", anonymous, Accept=JSON).ok()
        assert page.headers["Cache-Control"] == "public, no-cache"
        assert index.get(f"/files/{WHEEL.digest}/{WHEEL.filename}", anonymous).ok().body == WHEEL.data
        for asked in ("/simple/no-such/", f"/files/{'0' * 64}/no-1.0.tar.gz"):
            for caller in (anonymous, index.shop.reader, index.shop.stranger):
                assert index.get(asked, caller).status == 404
        assert index.send([], anonymous).status == 401

    def test_given_a_key_as_password_then_any_name_of_a_user_will_do(
        self, stocked: PythonIndex, shop: Workshop
    ) -> None:
        key = shop.reader.post("/api/v1/auth/keys", {"name": "pip", "scopes": ["read"]}).ok().data["key"]
        for user in (b"__token__", b"ada", b"", "é".encode("latin-1"), b"\0"):
            basic = base64.b64encode(b"%s:%s" % (user, key.encode())).decode()
            answer = stocked.get("/simple/", shop.anonymous, Authorization=f"Basic {basic}", Accept=JSON)
            assert answer.ok().data["projects"] == [{"name": "hello-h7"}]

    @pytest.mark.parametrize(
        "header",
        ["Basic é", "Basic", "Basic !!!", "Basic a b", f"Basic {base64.b64encode(b'x:\xe9').decode()}",
         f"Basic {base64.b64encode(b'key').decode()}", "Basic =", "Bearer é", "Bearer", "Digest x", "é"],
    )  # fmt: skip
    def test_given_a_credential_that_cannot_be_read_then_401(
        self, stocked: PythonIndex, shop: Workshop, header: str
    ) -> None:
        answer = stocked.get("/simple/hello-h7/", shop.anonymous, Authorization=header)

        assert (answer.status, answer.reason) == (401, "unauthorized")
        assert shop.anonymous.get("/metrics", headers={"Authorization": header}).status < 500
