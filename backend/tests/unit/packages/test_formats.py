"""Packages of other formats: three of one name in a project, found under the name that our API gives them."""

from tests.support.client import ApiClient
from tests.support.node_registry import package_of
from tests.support.registry import Workshop

LIB = package_of()
NAMES = ["web", "npm:web", "oci:web", "pypi:web"]


def packages_url(shop: Workshop, package: str = "") -> str:
    """Return where the packages are, or one of them."""
    return f"/api/v1/project/{shop.project}/packages/{package}".rstrip("/")


def make(shop: Workshop, *names: str) -> None:
    """Make packages."""
    for name in names:
        shop.writer.post(packages_url(shop), {"name": name}).ok()


def test_given_one_name_in_each_format_then_each_is_a_package_of_its_own(shop: Workshop) -> None:
    make(shop, *NAMES)

    shown = [shop.reader.get(packages_url(shop, name)).ok().data for name in NAMES]
    taken = [shop.writer.post(packages_url(shop), {"name": name}).status for name in NAMES]

    assert [(each["name"], each["format"], each["layout"]) for each in shown] == [
        ("web", "generic", "single"),
        ("npm:web", "npm", "files"),
        ("oci:web", "oci", "files"),
        ("pypi:web", "pypi", "files"),
    ]
    assert taken == [409] * 4


def test_given_several_formats_then_lists_go_by_the_name_and_pages_miss_none(shop: Workshop) -> None:
    make(shop, *reversed(NAMES), "zoo", "npm:@a~zoo", "oci:a~zoo")
    listed: list[str] = []
    query = {"limit": "1"}
    while query.get("cursor", "first"):
        page = shop.reader.get(packages_url(shop), query=query).ok()
        listed += [each["name"] for each in page.items]
        query["cursor"] = page.data["next_cursor"]

    assert listed == ["npm:@a~zoo", "oci:a~zoo", shop.package, *NAMES, "zoo"]


def test_given_a_spelling_that_pypi_takes_for_the_same_then_it_is_the_same_package(shop: Workshop) -> None:
    made = shop.writer.post(packages_url(shop), {"name": "pypi:Hello.H7"}).ok().data

    assert (made["name"], made["display_name"]) == ("pypi:hello-h7", "Hello.H7")
    assert shop.reader.get(packages_url(shop, "pypi:HELLO_h7")).ok().data == made
    assert shop.writer.post(packages_url(shop), {"name": "pypi:hello--h7"}).status == 409


def test_given_files_then_answers_links_audit_and_search_all_use_that_name(shop: Workshop) -> None:
    make(shop, "npm:@h7~lib")
    url = shop.url("/upload/lib-1.0.0.tgz", package="npm:@h7~lib")

    uploaded = shop.writer.put(url, LIB.data, query={"version": "1.0.0"}).ok().data
    shop.writer.put(url.replace("lib-1.0.0.tgz", "more.txt"), b"more", query={"version": "1.0.0"}).ok()

    assert (uploaded["package"], uploaded["artifact_id"]) == ("npm:@h7~lib", LIB.digest)
    several = shop.reader.get(shop.url("/+/version:1.0.0", package="npm:@h7~lib"))
    assert several.status == 409
    link = several.data["files"][0]["url"]
    assert "/npm:@h7~lib/+/version:1.0.0/lib-1.0.0.tgz" in link
    assert shop.reader.get(link[link.index("/api/") :]).body == LIB.data
    held = shop.reader.get(f"/api/v1/artifact/{LIB.digest}").ok().data
    assert held["versions"] == [{"project": shop.project, "package": "npm:@h7~lib", "version": "1.0.0"}]
    for prefix in ("npm:", "npm:@h7~l", "@h7"):
        hits = shop.reader.get("/api/v1/search", query={"q": prefix, "project": shop.project}).ok().items
        assert [each["package"] for each in hits] == ["npm:@h7~lib"], prefix
    for prefix in ("npm:lib", "oci:@h7", "pypi:", "npm:h7"):
        assert not shop.reader.get("/api/v1/search", query={"q": prefix, "project": shop.project}).ok().items
    releases = shop.reader.get("/api/v1/packages", query={"name": "npm:@h7~lib"}).ok().items
    assert [(each["name"], each["version"]) for each in releases] == [("npm:@h7~lib", "1.0.0")]
    release = f"/api/v1/packages/{releases[0]['id']}"
    assert shop.writer.post(f"{release}/activate").ok().data["name"] == "npm:@h7~lib"


def test_given_a_package_that_was_deleted_then_its_versions_keep_their_bytes_in_its_format_only(
    shop: Workshop, administrator: ApiClient
) -> None:
    make(shop, "npm:web")
    url = shop.url("/upload/web-1.0.0.tgz", package="npm:web")
    shop.writer.put(url, package_of("web").data, query={"version": "1.0.0"}).ok()
    shop.maintainer.delete(packages_url(shop, "npm:web"), query={"force": "true"}).ok()
    make(shop, "pypi:web")
    administrator.post(packages_url(shop), {"name": "npm:web"}).ok()

    other_bytes = package_of("web", content=b"other").data
    assert shop.writer.put(url, other_bytes, query={"version": "1.0.0"}).reason == "version_taken"
    other = shop.url("/upload/web-1.0.0.tgz", package="pypi:web")
    shop.writer.put(other, b"other", query={"version": "1.0.0"}).ok()


def test_given_another_format_then_the_layout_is_files_and_nothing_else(shop: Workshop) -> None:
    refused = shop.writer.post(packages_url(shop), {"name": "pypi:web", "layout": "single"})
    make(shop, "pypi:web")
    narrowed = shop.writer.request("PATCH", packages_url(shop, "pypi:web"), json={"layout": "single"})

    for answer in (refused, narrowed):
        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "layout")
    assert shop.reader.get(packages_url(shop, "pypi:web")).data["layout"] == "files"


def test_given_what_no_package_can_be_called_then_a_body_is_refused_and_an_address_is_empty(
    shop: Workshop,
) -> None:
    for name in ("npm:Web", "oci:a..b", "cargo:web", "generic:web", "npm:@h7/lib"):
        refused = shop.writer.post(packages_url(shop), {"name": name})

        assert (refused.status, refused.data["errors"][0]["field"]) == (422, "name"), name
        assert shop.reader.get(packages_url(shop, name)).status == 404, name


def test_given_a_project_that_no_image_could_begin_with_then_it_is_not_made(shop: Workshop) -> None:
    for name in ("a..b", "a-"):
        answer = shop.owner.post("/api/v1/projects", {"name": name})
        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "name")
