"""What a client should know beside a success: its file is there, and belongs to no version."""

import json

import pytest

from tests.support.builders import content
from tests.support.client import Answer
from tests.support.registry import Workshop
from tests.unit.tus.conftest import Tus, metadata

DATA = content(1000, seed=3)


def warned(answer: Answer) -> list[dict[str, str]]:
    """Return what an answer warns of."""
    found: list[dict[str, str]] = json.loads(answer.headers.get("X-Registry-Warnings", "[]"))
    return found


@pytest.mark.parametrize("is_at_once", [True, False], ids=["with the creation", "with the last byte"])
def test_given_a_file_that_shows_a_version_of_other_bytes_then_the_answer_and_head_say_so(
    tus: Tus, shop: Workshop, *, is_at_once: bool
) -> None:
    shop.upload(content(9, seed=4), "tool-1.2.0.tar.gz").ok()
    named, length = metadata(filename="tool-1.2.0.tar.gz"), {"Upload-Length": str(len(DATA))}
    if is_at_once:
        answer = tus.post(length, named, data=DATA)
        url = tus.location(answer)
    else:
        url = tus.create(len(DATA), named)
        assert warned(tus.patch(url, 0, DATA[:10])) == []
        answer = tus.patch(url, 10, DATA[10:])

    for each in (answer, tus.head(url)):
        [warning] = warned(each)
        assert (warning["reason"], warning["version"]) == ("version_conflict", "1.2.0")
        assert warning["msg"] == "version 1.2.0 means other bytes; the file is there without a version"
    in_chinese = tus.send("HEAD", url, {"Accept-Language": "zh-CN"})
    assert warned(in_chinese)[0]["msg"] != warning["msg"]


def test_given_a_file_that_belongs_to_no_version_then_only_the_layout_files_warns(
    tus: Tus, shop: Workshop
) -> None:
    bare = tus.post({"Upload-Length": "5"}, metadata(filename="a.bin"), data=b"first")
    package = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    shop.owner.request("PATCH", package, json={"layout": "files"}).ok()
    belongs_to_none = tus.post({"Upload-Length": "6"}, metadata(filename="b.bin"), data=b"second")
    said = metadata(filename="c.bin", version="1.0.0")
    versioned = tus.post({"Upload-Length": "5"}, said, data=b"third")

    assert [warned(each) for each in (bare, versioned)] == [[], []]
    assert [each["reason"] for each in warned(belongs_to_none)] == ["no_version"]
