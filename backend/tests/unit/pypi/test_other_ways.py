"""Packages of PyPI's format by our own API: adopted, found, and described."""

from flask import Flask

from tests.support.python_index import PythonIndex, sdist_of, wheel_of
from tests.support.registry import Workshop
from wxcloudrun.jobs.service.work import WorkService

WHEEL = wheel_of(requires_python=">=3.8", summary="Says hello")


def adopt(app: Flask, shop: Workshop) -> None:
    """Have what lies in the generic package appear to installers."""
    shop.writer.post(shop.url("/adopt"), {"format": "pypi", "name": "Hello_H7"}).ok()
    with app.app_context():
        app.extensions["services"][WorkService].run_due()


def test_given_wheels_in_a_generic_package_then_adopted_they_are_as_if_published(
    app: Flask, index: PythonIndex, shop: Workshop
) -> None:
    for file in (WHEEL, sdist_of()):
        shop.upload(file.data, file.filename).ok()
    adopt(app, shop)

    adopted = index.files()

    assert set(adopted) == {WHEEL.filename, sdist_of().filename}
    wheel = adopted[WHEEL.filename]
    assert wheel["requires-python"] == ">=3.8"
    metadata = index.get(f"/files/{WHEEL.digest}/{WHEEL.filename}.metadata").ok()
    assert metadata.body.startswith(b"Metadata-Version")
    etag = index.get("/simple/hello-h7/").headers["ETag"]

    adopt(app, shop)
    index.publish(WHEEL).ok()

    assert index.get("/simple/hello-h7/").headers["ETag"] == etag


def test_given_a_published_project_then_search_lists_and_statistics_know_it(
    index: PythonIndex, shop: Workshop
) -> None:
    index.publish(WHEEL).ok()

    found = shop.reader.get("/api/v1/search", query={"q": "pypi:hello"}).ok()
    packages = shop.reader.get(f"/api/v1/project/{shop.project}/packages").ok().items

    assert "pypi:hello-h7" in str(found.data)
    assert [each["name"] for each in packages if each["format"] == "pypi"] == ["pypi:hello-h7"]


def test_given_our_own_ways_to_upload_then_the_page_says_as_much(index: PythonIndex, shop: Workshop) -> None:
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": "pypi:Hello_H7"}).ok()
    package = "pypi:hello-h7"
    other = wheel_of(version="2.0", requires_python=">=3.9")
    shop.writer.put(shop.url(f"/upload/{WHEEL.filename}", package=package), WHEEL.data).ok()
    wish = {"filename": other.filename, "size": len(other.data), "version": "2.0"}
    session = shop.writer.post(shop.url("/uploads/sessions", package=package), wish).ok().data["url"]
    shop.writer.put(f"{session}/parts/1", other.data).ok()
    shop.writer.post(f"{session}/complete", {}).ok()
    shop.writer.put(shop.url("/upload/hello_h7-3.0-py3-none-any.whl", package=package), b"no zip").ok()

    files = index.files()

    assert [each.get("requires-python") for each in files.values()] == [">=3.8", ">=3.9", None]
    assert [bool(each["core-metadata"]) for each in files.values()] == [True, True, False]
