"""What was published by PyPI's form at the command line, and what is done there as installers see it."""

from tests.support.client import ApiClient
from tests.support.command_line import CommandLine
from tests.support.forms import BOUNDARY, encoded
from tests.support.python_index import JSON, form_of, sdist_of, wheel_of

WHEEL, SDIST = wheel_of(), sdist_of()


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
    pkgctl("download", f"{name}@1.0", "--all", "-o", "got").ok()
    pkgctl("yank", name, "1.0", "--reason", "loses data").ok()

    assert [each["version"] for each in listed["items"]] == ["1.0"]
    got = {path.name: path.read_bytes() for path in (pkgctl.home / "got").rglob("*") if path.is_file()}
    assert got == {WHEEL.filename: WHEEL.data, SDIST.filename: SDIST.data}
    page = admin.get(f"/pypi/{project}/simple/hello-h7/", headers={"Accept": JSON}).ok().data
    assert {each["yanked"] for each in page["files"]} == {"loses data"}
