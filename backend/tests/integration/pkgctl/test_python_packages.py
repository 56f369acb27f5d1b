"""What was published by PyPI's form at the command line, and what is done there as installers see it."""

from tests.support.client import ApiClient
from tests.support.command_line import CommandLine
from tests.support.forms import BOUNDARY, encoded
from tests.support.python_index import JSON, form_of, sdist_of, wheel_of

WHEEL = wheel_of(requires_python=">=3.8", requires_dist="other>=2", summary="Says hello")
SDIST = sdist_of()


def test_a_published_version_is_listed_fetched_and_yanked(
    pkgctl: CommandLine, package: str, admin: ApiClient
) -> None:
    project = package.partition("/")[0]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for file in (WHEEL, SDIST):
        body = encoded(*form_of(file))
        admin.post(f"/pypi/{project}/legacy/", data=body, headers={"Content-Type": kind}).ok()
    name = f"{project}/pypi:hello-h7"

    listed = pkgctl.json("versions", name)
    shown = pkgctl("versions", "show", name, "1.0").ok().out
    file = pkgctl.json("files", "show", name, "1.0", WHEEL.filename)
    readme = pkgctl("versions", "show", name, "1.0", "--readme").ok().out
    pkgctl("download", f"{name}@1.0", "--all", "-o", "got").ok()
    pkgctl("yank", name, "1.0", "--reason", "loses data").ok()

    assert [each["version"] for each in listed["items"]] == ["1.0"]
    assert {"Says hello", ">=3.8", "other>=2"} <= {
        line.partition(":")[2].strip() for line in shown.splitlines()
    }
    assert (file["filename"], file["said"]["dependencies"]) == (WHEEL.filename, ["other>=2"])
    assert readme == "A README.\n"
    got = {path.name: path.read_bytes() for path in (pkgctl.home / "got").rglob("*") if path.is_file()}
    assert got == {WHEEL.filename: WHEEL.data, SDIST.filename: SDIST.data}
    page = admin.get(f"/pypi/{project}/simple/hello-h7/", headers={"Accept": JSON}).ok().data
    assert {each["yanked"] for each in page["files"]} == {"loses data"}
