"""What would become of files, told before a byte is sent."""

from typing import Any

from flask import Flask

from tests.support import builders
from tests.support.builders import content, sha256
from tests.support.client import ApiClient
from tests.support.forms import UnreadBody
from tests.support.registry import PersonMaker, Workshop, workshop
from tests.support.statements import recorded
from tests.unit.tus.conftest import Tus, metadata
from tests.unit.upload_sessions.conftest import Begin
from wxcloudrun.kit.security import Scope


def asked(shop: Workshop, who: ApiClient, *files: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """Ask about files and return what is said of each."""
    answer = who.post(shop.url("/uploads/check"), {"files": list(files)}, **options).ok()
    found: list[dict[str, Any]] = answer.data["files"]
    return found


def test_given_files_then_each_is_told_what_would_become_of_it(app: Flask, shop: Workshop) -> None:
    here, elsewhere = content(5000, seed=1), content(6000, seed=2)
    shop.upload(here, "here.bin", version="1.0.0").ok()
    other = shop.new_package()
    shop.writer.put(shop.url("/upload/b.bin", package=other), elsewhere).ok()
    limit = app.extensions["settings"].max_upload_bytes
    questions = [
        {"filename": "here.bin", "size": 5000, "sha256": sha256(here)},
        {"filename": "here.bin", "size": 5000, "sha256": sha256(here), "version": "1.0.0"},
        {"filename": "other.bin", "size": 5000, "sha256": sha256(here)},
        {"filename": "b.bin", "size": 6000, "sha256": sha256(elsewhere)},
        {"filename": "b.bin", "size": 6001, "sha256": sha256(elsewhere)},
        {"filename": "new.bin", "size": 1, "sha256": "0" * 64},
        {"filename": "new.bin", "size": 1},
        {"filename": "b.bin", "size": 6000, "sha256": sha256(elsewhere), "version": "1.0.0"},
        {"filename": "big.bin", "size": limit + 1},
        {"filename": "a/path.bin", "size": 1},
        {"filename": "empty.bin", "size": 0},
    ]

    found = asked(shop, shop.writer, *questions)

    assert [each["prospect"] for each in found] == [
        "exists", "exists", "link", "link", "reject", "upload", "upload", *(["reject"] * 4)
    ]  # fmt: skip
    assert [each["refusal"]["reason"] for each in [found[4], *found[7:]]] == [
        "invalid", "version_taken", "too_large", "invalid", "invalid"
    ]  # fmt: skip
    assert (found[7]["refusal"]["existing"], found[8]["refusal"]["limit"]) == (sha256(here), limit)
    assert all(each["refusal"] is None for each in [*found[:4], *found[5:7]])
    assert [each["filename"] for each in found] == [each["filename"] for each in questions]


def test_what_is_told_comes_true(shop: Workshop, begin: Begin) -> None:
    data = content(600_000, seed=1)
    shop.upload(data, version="1.0.0").ok()
    wanted = {"size": 600_000, "sha256": sha256(data)}
    [link] = asked(shop, shop.writer, {"filename": "a.bin", "version": "1.0.1", **wanted})
    [rejected] = asked(
        shop, shop.writer, {"filename": "a.bin", "size": 9, "sha256": "0" * 64, "version": "1.0.0"}
    )

    assert link["prospect"] == "link"
    assert begin(sha256=sha256(data), version="1.0.1").answer.status == 200
    refused = begin(9, sha256="0" * 64, version="1.0.0").answer
    assert (rejected["refusal"]["reason"], refused.status, refused.reason) == (
        "version_taken", 409, "version_taken"
    )  # fmt: skip


def test_given_bytes_of_others_then_they_look_like_bytes_that_nobody_has(
    client: ApiClient, shop: Workshop, make_person: PersonMaker
) -> None:
    foreign, data = workshop(client, make_person), content(7000, seed=3)
    foreign.upload(data, "secret.bin").ok()

    found = asked(
        shop,
        shop.writer,
        {"filename": "secret.bin", "size": 7000, "sha256": sha256(data)},
        {"filename": "secret.bin", "size": 7000, "sha256": "1" * 64},
    )

    known, unknown = ({name: value for name, value in each.items() if name != "sha256"} for each in found)
    assert known == unknown
    assert known["prospect"] == "upload"


def test_given_a_size_that_the_bytes_do_not_have_then_asking_and_beginning_refuse_it_alike(
    app: Flask, shop: Workshop
) -> None:
    data = content(5000, seed=1)
    shop.upload(data, "here.bin", version="1.0.0").ok()
    other = shop.new_package()
    shop.writer.put(shop.url("/upload/there.bin", package=other), content(6000, seed=2)).ok()
    here, there = sha256(data), sha256(content(6000, seed=2))
    wanted: list[dict[str, Any]] = [
        {"filename": "here.bin", "size": 4999, "sha256": here},
        {"filename": "here.bin", "size": 4999, "sha256": here, "version": "1.0.0"},
        {"filename": "new.bin", "size": 5001, "sha256": here},
        {"filename": "there.bin", "size": 1, "sha256": there},
    ]
    blind = shop.writer.as_(builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE})))

    told = [each["refusal"] for each in asked(shop, shop.writer, *wanted)]
    begun = [shop.writer.post(shop.url("/uploads/sessions"), each) for each in wanted]
    said = {"filename": "new.bin", "sha256": here}
    of_tus = Tus(shop.writer, f"/tus/{shop.project}/{shop.package}").post(
        {"Upload-Length": "5001"}, metadata(**said)
    )

    errors = [{"field": "size", "message": "the bytes with this SHA-256 have another size"}]
    assert [(each["reason"], each["errors"]) for each in told] == [("invalid", errors)] * 4
    assert [(each.status, each.data["errors"]) for each in begun] == [(422, errors)] * 4
    assert of_tus.status == 422
    prospects = [each["prospect"] for each in asked(shop, blind, *wanted)]
    assert prospects == ["reject", "reject", "upload", "upload"], "what `exists` tells, and no more"


def test_given_a_size_that_bytes_of_others_do_not_have_then_a_session_begins_as_for_unknown_bytes(
    client: ApiClient, shop: Workshop, make_person: PersonMaker
) -> None:
    foreign, data = workshop(client, make_person), content(7000, seed=3)
    foreign.upload(data, "secret.bin").ok()

    answers = [
        shop.writer.post(
            shop.url("/uploads/sessions"), {"filename": "a.bin", "size": size_bytes, "sha256": digest}
        )
        for size_bytes, digest in ((6999, sha256(data)), (7000, sha256(data)), (7000, "1" * 64))
    ]
    [told] = asked(shop, shop.writer, {"filename": "a.bin", "size": 6999, "sha256": sha256(data)})

    assert [each.status for each in answers] == [201, 201, 201]
    assert (told["prospect"], told["refusal"]) == ("upload", None)


def test_sealed_versions_and_burnt_names_are_told_and_refused_early(shop: Workshop, begin: Begin) -> None:
    shop.owner.request(
        "PATCH", f"/api/v1/project/{shop.project}/packages/{shop.package}", json={"layout": "files"}
    ).ok()
    old = content(500, seed=5)
    for version in ("1.0.0", "2.0.0"):
        shop.upload(old, "a.bin", version=version).ok()
        shop.upload(content(400, seed=6), "b.bin", version=version).ok()
    shop.maintainer.post(shop.url("/versions/1.0.0/seal")).ok()
    shop.maintainer.delete(shop.url("/versions/2.0.0/files/a.bin")).ok()

    found = asked(
        shop,
        shop.writer,
        {"filename": "c.bin", "size": 5, "version": "1.0.0"},
        {"filename": "a.bin", "size": 5, "version": "2.0.0"},
        {"filename": "a.bin", "size": 5, "version": "2.0.0", "sha256": "0" * 64},
        {"filename": "a.bin", "size": 500, "version": "2.0.0", "sha256": sha256(old)},
    )

    assert [(each["refusal"] or {}).get("reason") for each in found] == [
        "version_sealed", None, "file_taken", None
    ]  # fmt: skip
    assert begin(5, filename="c.bin", version="1.0.0").answer.reason == "version_sealed"
    assert begin(5, filename="a.bin", version="2.0.0", sha256="0" * 64).answer.reason == "file_taken"
    assert begin(5, filename="a.bin", version="2.0.0").answer.status == 201


def test_who_may_not_write_is_told_nothing_and_refusals_speak_chinese(shop: Workshop) -> None:
    question = {"files": [{"filename": "a", "size": 0}]}

    said = shop.writer.post(shop.url("/uploads/check?lang=zh"), question).ok().data
    assert said["files"][0]["refusal"]["msg"] != "file: missing or empty"
    assert said["limits"]["parts"] == 10_000
    statuses = [who.post(shop.url("/uploads/check"), question).status for who in (shop.reader, shop.stranger)]
    assert statuses == [403, 404]
    assert shop.writer.post(shop.url("/uploads/check"), {"files": []}).status == 422
    many = {"files": [{"filename": "a", "size": 1}] * 101}
    assert shop.writer.post(shop.url("/uploads/check"), many).status == 422


def test_a_tag_that_a_key_for_uploads_would_move_is_told_and_refused_before_any_byte(
    app: Flask, shop: Workshop
) -> None:
    here = content(5000, seed=1)
    shop.upload(here, "here.bin", tag="stable", version="1.0.0").ok()
    writer = shop.people["writer"].actor
    robot = shop.writer.as_(builders.key(app, writer, frozenset({Scope.UPLOAD, Scope.DOWNLOAD})))
    known, other = {"size": 5000, "sha256": sha256(here)}, {"size": 5000, "sha256": "1" * 64}
    wanted = [
        {"filename": "here.bin", "tag": "stable", **known},
        {"filename": "here.bin", "tag": "new", **known},
        {"filename": "a.bin", "tag": "stable", **other},
        {"filename": "a.bin", "tag": "new", **other},
        {"filename": "a.bin", "tag": "stable", "size": 5000},
    ]

    told = [asked(shop, who, *wanted) for who in (robot, shop.writer)]
    assert [[each["prospect"] for each in files] for files in told] == [
        ["exists", "link", "reject", "upload", "upload"],
        ["exists", "link", "upload", "upload", "upload"],
    ]
    refusal = told[0][2]["refusal"]
    assert (refusal["reason"], refusal["needs_scope"], told[0][2]["tag"]) == (
        "forbidden",
        "release",
        "stable",
    )

    assert robot.post(shop.url("/uploads/sessions"), wanted[2]).status == 403
    unread = {"wsgi.input": UnreadBody(), "CONTENT_LENGTH": "5000"}
    sent = robot.request(
        "PUT", shop.url("/upload/a.bin?tag=stable"), environ_overrides=unread,
        headers={"X-Checksum-SHA256": "1" * 64},
    )  # fmt: skip
    assert sent.status == 403
    again = robot.put(
        shop.url("/upload/here.bin?tag=stable"), here, headers={"X-Checksum-SHA256": sha256(here)}
    )
    assert again.status == 200, "the tag points there already"


def test_a_tag_of_versions_is_told_by_the_version(app: Flask, shop: Workshop) -> None:
    package = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    shop.writer.patch(package, {"layout": "files"}).ok()
    shop.upload(b"bytes", "here.bin", tag="stable", version="1.0.0").ok()
    writer = shop.people["writer"].actor
    robot = shop.writer.as_(builders.key(app, writer, frozenset({Scope.UPLOAD})))
    file = {"filename": "b.bin", "size": 5, "tag": "stable"}

    found = asked(shop, robot, {**file, "version": "1.0.0"}, {**file, "version": "2.0.0"}, file)

    assert [each["prospect"] for each in found] == ["upload", "reject", "upload"]


def test_given_a_question_then_it_holds_no_row_that_others_write(shop: Workshop) -> None:
    shop.upload(b"bytes", "a.bin", version="1.0.0").ok()
    question = {"files": [{"filename": "a.bin", "size": 5, "version": "1.0.0"}]}

    with recorded() as statements:
        shop.writer.post(shop.url("/uploads/check"), question).ok()

    locking = [each for each in statements if "FOR UPDATE" in each or "FOR SHARE" in each]
    assert [each for each in locking if "versions" in each or "packages" in each] == []
