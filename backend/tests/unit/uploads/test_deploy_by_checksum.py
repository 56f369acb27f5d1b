"""An upload without a body: `X-Checksum-Deploy: true` names bytes that the credential may already read."""

import base64
from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import builders
from tests.support.builders import Person, sha256
from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop, workshop
from wxcloudrun.kit.security import Scope

DATA = b"bytes that are here already"


def deploy(shop: Workshop, data: bytes = DATA, *, who: ApiClient | None = None, **names: str) -> Answer:
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(data)}
    return (who or shop.writer).put(shop.url("/upload/copy.bin"), query=names, headers=headers)


@pytest.fixture
def other(client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """Another private project of other people."""
    return workshop(client, make_person)


class TestVisible:
    def test_given_bytes_that_may_be_read_then_they_get_the_new_names(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()

        answer = deploy(shop, tag="copy", version="1.0.0").ok()

        assert (answer.data["tag"], answer.data["version"]) == ("copy", "1.0.0")
        assert shop.download("version:1.0.0").body == shop.download("tag:copy").body == DATA

    def test_given_bytes_that_may_be_read_then_the_answer_is_that_of_an_upload(self, shop: Workshop) -> None:
        sent = shop.upload(DATA, "copy.bin", tag="a").ok()

        named = deploy(shop, tag="b").ok()

        assert set(named.data) == set(sent.data)
        for name in ("artifact_id", "sha256", "md5", "sha1", "size", "original_name", "project", "package"):
            assert named.data[name] == sent.data[name]
        assert (named.data["deduplicated"], named.data["ref_count"]) == (True, 2)

    def test_given_bytes_in_a_public_project_then_they_can_be_deployed_elsewhere(
        self, public_shop: Workshop, other: Workshop
    ) -> None:
        public_shop.upload(DATA, tag="stable").ok()

        deploy(other, tag="copy").ok()

        assert other.download("copy").body == DATA

    def test_given_no_names_then_the_upload_itself_holds_the_bytes(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()

        deploy(shop).ok()
        shop.writer.delete(shop.url("/tags/stable")).ok()

        assert shop.download(f"artifact:{sha256(DATA)}").body == DATA

    def test_given_a_file_name_with_a_version_then_it_is_detected(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        answer = shop.writer.put(shop.url("/upload/app-1.2.3.bin"), headers=headers).ok()

        assert (answer.data["version"], answer.data["version_source"]) == ("1.2.3", "filename")

    def test_given_a_version_that_holds_other_bytes_then_409(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        shop.upload(b"others", version="1.0.0").ok()

        answer = deploy(shop, version="1.0.0", tag="copy")

        assert (answer.status, answer.data["offered"]) == (409, sha256(DATA))
        assert shop.download("tag:copy").status == 404

    def test_given_a_digest_in_repr_digest_then_it_counts(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        encoded = base64.b64encode(bytes.fromhex(sha256(DATA))).decode()
        headers = {"X-Checksum-Deploy": "true", "Repr-Digest": f"sha-256=:{encoded}:"}

        shop.writer.put(shop.url("/upload/x.bin"), query={"tag": "copy"}, headers=headers).ok()

        assert shop.download("copy").body == DATA

    def test_given_a_retry_under_the_same_key_then_it_adds_nothing(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA), "Idempotency-Key": "one"}
        url = shop.url("/upload/x.bin")

        first, second = shop.writer.put(url, headers=headers).ok(), shop.writer.put(url, headers=headers).ok()

        assert second.data == first.data
        assert len(shop.reader.get(shop.url("/uploads")).items) == 2


class TestNotVisible:
    def test_given_unknown_bytes_then_404_says_send_them(self, shop: Workshop) -> None:
        answer = deploy(shop, tag="copy")

        assert (answer.status, answer.data["send"]) == (404, "bytes")
        assert shop.reader.get(shop.url("/uploads")).items == []

    def test_given_bytes_in_a_foreign_private_project_then_the_answer_is_that_for_unknown_bytes(
        self, shop: Workshop, other: Workshop
    ) -> None:
        unknown = deploy(other, tag="copy")
        shop.upload(DATA, tag="stable").ok()

        invisible = deploy(other, tag="copy")

        assert (invisible.status, invisible.data, invisible.msg) == (404, unknown.data, unknown.msg)
        assert invisible.body == unknown.body

    def test_given_a_refusal_when_the_bytes_are_sent_then_they_are_accepted(
        self, shop: Workshop, other: Workshop
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        assert deploy(other, tag="copy").status == 404

        assert other.upload(DATA, tag="copy").ok().data["deduplicated"] is False

    def test_given_bytes_that_nothing_references_any_more_then_404(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        shop.writer.delete(shop.url("/tags/stable")).ok()

        assert deploy(shop, tag="copy").status == 404

    def test_given_a_credential_that_may_only_write_then_404_because_it_may_read_nothing(
        self, app: Flask, shop: Workshop, client: ApiClient
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        key = builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE}))

        assert deploy(shop, who=client.as_(key)).status == 404

    def test_given_a_credential_for_another_project_then_bytes_of_this_one_are_unknown(
        self, app: Flask, shop: Workshop, client: ApiClient
    ) -> None:
        owner = shop.people["owner"]
        shop.upload(DATA, tag="stable").ok()
        project = f"{shop.project}-second"
        shop.owner.post("/api/v1/projects", {"name": project}).ok()
        shop.owner.post(f"/api/v1/project/{project}/packages", {"name": "p"}).ok()
        bound = builders.key(app, owner.actor, frozenset({Scope.READ, Scope.WRITE}), project=project)
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}
        url = f"/api/v1/project/{project}/p/upload/x.bin"

        assert client.as_(bound).put(url, headers=headers).status == 404
        assert shop.owner.put(url, headers=headers).status == 200


@pytest.mark.same_everywhere
class TestRefused:
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_given_no_right_to_write_then_refused(self, shop: Workshop, who: str, status: int) -> None:
        shop.upload(DATA, tag="stable").ok()

        assert deploy(shop, who=getattr(shop, who), tag="copy").status == status

    def test_given_a_body_then_400_because_it_would_be_ignored(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        answer = shop.writer.put(shop.url("/upload/x.bin"), DATA, headers=headers)

        assert (answer.status, answer.reason) == (400, "malformed")

    def test_given_a_body_without_announced_length_then_400_too(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        headers = {
            "X-Checksum-Deploy": "true",
            "X-Checksum-SHA256": sha256(DATA),
            "Transfer-Encoding": "chunked",
        }

        answer = shop.writer.put(
            shop.url("/upload/x.bin"),
            b"other",
            headers=headers,
            environ_overrides={"wsgi.input_terminated": True},
        )

        assert (answer.status, answer.reason) == (400, "malformed")

    @pytest.mark.parametrize(
        "headers", [{}, {"X-Checksum-SHA1": "0" * 40}, {"X-Checksum-SHA256": "nonsense"}]
    )
    def test_given_no_sha256_then_400(self, shop: Workshop, headers: dict[str, str]) -> None:
        answer = shop.writer.put(shop.url("/upload/x.bin"), headers={"X-Checksum-Deploy": "true", **headers})

        assert (answer.status, answer.reason) == (400, "malformed")

    def test_given_a_form_then_400_says_how_to_do_it(self, shop: Workshop) -> None:
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        answer = shop.writer.request("POST", shop.url("/upload"), headers=headers)

        assert (answer.status, answer.reason) == (400, "malformed")
        assert "PUT" in answer.msg

    def test_given_a_dangerous_file_name_then_422(self, shop: Workshop) -> None:
        shop.upload(DATA, tag="stable").ok()
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        assert shop.writer.put(shop.url("/upload/..%2Fx"), headers=headers).status == 422


@pytest.mark.same_everywhere
def test_given_a_flag_that_is_neither_true_nor_false_then_400(shop: Workshop) -> None:
    answer = shop.writer.put(shop.url("/upload/a.bin"), b"bytes", headers={"X-Checksum-Deploy": "yes"})

    assert (answer.status, answer.reason) == (400, "malformed")
