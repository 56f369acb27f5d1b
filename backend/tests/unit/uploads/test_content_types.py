"""The content type of an upload: what was sent, else what the file name suggests."""

import itertools
import mimetypes
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.forms import file, post_form
from tests.support.live import BACKEND
from tests.support.registry import Workshop
from wxcloudrun.formats.content_types import KNOWN_ENDINGS, type_of_name
from wxcloudrun.uploads.rules import settled_content_type

pytestmark = pytest.mark.same_everywhere

UNKNOWN = "application/octet-stream"
BY_DEFAULT = [None, "", UNKNOWN, "binary/octet-stream", "application/x-www-form-urlencoded"]
TYPES_OF_NAMES = {
    "app.deb": "application/vnd.debian.binary-package",
    "app.rpm": "application/x-rpm",
    "app.apk": "application/vnd.android.package-archive",
    "app.aab": "application/x-android-app-bundle",
    "app.jar": "application/java-archive",
    "app.war": "application/java-archive",
    "app.whl": "application/x-wheel+zip",
    "app.exe": "application/vnd.microsoft.portable-executable",
    "app.msi": "application/x-msi",
    "app.dmg": "application/x-apple-diskimage",
    "app.7z": "application/x-7z-compressed",
    "app.iso": "application/x-iso9660-image",
    "app.tar.zst": "application/zstd",
    "app.md": "text/markdown",
    "app.webp": "image/webp",
    "app.tar.gz.sig": "application/pgp-signature",
    "app.zip.asc": "application/pgp-signature",
    "app.yaml": "application/yaml",
    "app.log": "text/plain",
    "app.ipa": "application/x-ios-app",
    "app.hap": "application/x-harmony-package",
    "app.wxapkg": "application/x-wxapkg",
    "app.zip": "application/zip",
    "app.txt": "text/plain",
    "app.tar.gz": "application/gzip",
    "app.tgz": "application/gzip",
    "app.tar.xz": "application/x-xz",
    "app.tar.bz2": "application/x-bzip2",
    "APP.ZIP": "application/zip",
    "应用.apk": "application/vnd.android.package-archive",
}
NAMES_THAT_TELL_NOTHING = ["x.unknown-ending", "no-ending", "zip", "x.zip.unknown", "x."]
# A table that a machine might have: it contradicts ours wherever it can.
OF_A_MACHINE = "".join(f"x-machine/{ending} {ending}\n" for ending in [*sorted(KNOWN_ENDINGS), "machineonly"])


def settled(shop: Workshop, filename: str, content_type: str | None) -> str:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = shop.writer.put(
        shop.url(f"/upload/{filename}"), b"bytes", query={"tag": "t"}, headers=headers
    ).ok()
    downloaded = shop.download("tag:t").headers["Content-Type"]
    assert downloaded == answer.data["content_type"], "the download has the type that was answered"
    return downloaded


@pytest.mark.parametrize("sent", ["text/csv", "application/vnd.api+json", "text/html; charset=iso-8859-1"])
def test_given_a_type_then_it_is_kept_whatever_the_name_says(shop: Workshop, sent: str) -> None:
    assert settled(shop, "x.zip", sent) == sent


@pytest.mark.parametrize("filename", ["app.ipa", "app.tar.gz", "APP.ZIP", "应用.apk"])
def test_given_no_type_then_the_name_decides(shop: Workshop, filename: str) -> None:
    assert settled(shop, filename, None) == TYPES_OF_NAMES[filename]


@each(TYPES_OF_NAMES.items())
def test_given_any_name_that_is_known_then_it_decides(known: tuple[str, str]) -> None:
    filename, expected = known

    assert settled_content_type(None, filename) == expected


@pytest.mark.parametrize("sent", BY_DEFAULT)
def test_given_a_type_that_means_nothing_then_the_name_decides(shop: Workshop, sent: str | None) -> None:
    assert settled(shop, "x.zip", sent) == "application/zip"


@each(itertools.product(BY_DEFAULT, NAMES_THAT_TELL_NOTHING))
def test_given_neither_a_type_nor_a_name_that_means_something_then_it_is_unknown(
    known: tuple[str | None, str],
) -> None:
    assert settled_content_type(*known) == UNKNOWN


@each(
    itertools.product(
        ["application/json", "Application/JSON", "application/json; charset=utf-8"],
        [*TYPES_OF_NAMES.items(), ("x.bin", UNKNOWN)],
    )
)
def test_given_what_a_mini_program_says_of_every_body_then_a_name_that_says_more_decides(
    case: tuple[str, tuple[str, str]],
) -> None:
    sent, (filename, expected) = case

    assert settled_content_type(sent, filename) == expected


@pytest.mark.parametrize("sent", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("filename", ["x.json", "no-ending"])
def test_given_json_and_a_name_that_does_not_contradict_then_it_is_json(
    shop: Workshop, sent: str, filename: str
) -> None:
    assert settled(shop, filename, sent) == sent


@pytest.mark.parametrize(
    ("filename", "expected"), [("build-1.2.3.wxapkg", "application/x-wxapkg"), ("photo.png", "image/png")]
)
def test_given_an_array_buffer_from_a_mini_program_then_it_is_no_json(
    shop: Workshop, filename: str, expected: str
) -> None:
    assert settled(shop, filename, "application/json") == expected


@pytest.mark.parametrize(
    "sent", ["nonsense", "../..", "a/b/c", "text/", "/plain", "text/plain, text/html", "x/" + "y" * 300]
)
def test_given_a_type_that_is_none_then_the_name_decides(shop: Workshop, sent: str) -> None:
    assert settled(shop, "x.txt", sent) == "text/plain"


@pytest.mark.parametrize(("sent", "expected"), [("text/csv", "text/csv"), (None, "application/zip")])
def test_given_a_form_then_the_type_of_its_file_part_counts(
    shop: Workshop, sent: str | None, expected: str
) -> None:
    answer = post_form(shop.writer, shop.url("/upload"), file(b"bytes", "x.zip", sent)).ok()

    assert answer.data["content_type"] == expected


@pytest.fixture
def table_of_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that the standard library reads, which says something else about every ending of ours."""
    table = tmp_path / "mime.types"
    table.write_text(OF_A_MACHINE, encoding="ascii")
    monkeypatch.setattr(mimetypes, "knownfiles", [str(table)])
    monkeypatch.setattr(mimetypes, "inited", False)
    monkeypatch.setattr(mimetypes, "_db", None)
    assert mimetypes.guess_type("x.machineonly")[0] == "x-machine/machineonly", "the table is in force"
    return table


@pytest.mark.usefixtures("table_of_a_machine")
@pytest.mark.parametrize(
    ("filename", "expected"),
    [*TYPES_OF_NAMES.items(), ("x.machineonly", UNKNOWN), ("x.unknown-ending", UNKNOWN)],
)
def test_given_another_table_on_the_machine_then_the_types_are_the_same(
    shop: Workshop, filename: str, expected: str
) -> None:
    assert settled(shop, filename, None) == expected


def test_given_a_new_process_when_types_are_settled_then_no_table_of_the_machine_is_read() -> None:
    program = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == 'open' else None)\n"
        "from wxcloudrun.uploads.rules import settled_content_type\n"
        "print(settled_content_type(None, 'a.deb'), any('mime.types' in path for path in opened))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BACKEND, capture_output=True, text=True, check=True
    )

    assert done.stdout == "application/vnd.debian.binary-package False\n"


def test_every_type_of_the_table_is_one_that_a_client_could_have_sent() -> None:
    for ending in KNOWN_ENDINGS:
        media = type_of_name(f"x.{ending}")
        assert media is not None
        assert settled_content_type(media, "x") == media
        assert settled_content_type(None, f"x.{ending.upper()}") == media
