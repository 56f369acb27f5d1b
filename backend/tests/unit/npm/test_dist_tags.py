"""What tags mean to npm, and who sees and moves them."""

import pytest

from tests.support.node_registry import NodeRegistry, package_of
from tests.support.registry import Workshop

LIB = package_of()


@pytest.fixture
def uploaded(registry: NodeRegistry, shop: Workshop) -> NodeRegistry:
    """A registry with a package that came in by our own API."""
    package = "npm:@h7~lib"
    shop.writer.post(f"/api/v1/project/{shop.project}/packages", {"name": package}).ok()
    url = shop.url(f"/upload/{LIB.filename}", package=package)
    shop.writer.put(url, LIB.data, query={"version": "1.0.0", "tag": "next"}).ok()
    return registry


@pytest.mark.parametrize("name", ["@h7%2flib", "@h7%2Flib", "@h7/lib"])
def test_given_a_tag_then_it_is_listed_however_the_name_is_written(uploaded: NodeRegistry, name: str) -> None:
    answer = uploaded.get(f"/-/package/{name}/dist-tags").ok()

    assert answer.data == {"next": "1.0.0", "latest": "1.0.0"}
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("name", ["@h7%2fother", "lib", "@h7~lib", "npm:@h7~lib", "-", "@h7", "%2f"])
def test_given_what_is_no_package_then_404_in_the_words_of_the_protocol(
    uploaded: NodeRegistry, name: str
) -> None:
    answer = uploaded.get(f"/-/package/{name}/dist-tags")

    assert answer.status == 404
    assert set(answer.data) == {"error", "reason"}


def test_given_a_stranger_then_nothing_tells_what_is_there(uploaded: NodeRegistry, shop: Workshop) -> None:
    for name in ("@h7%2flib", "@h7%2fother"):
        url = f"/-/package/{name}/dist-tags"
        assert uploaded.get(url, shop.stranger).status == 404
        refused = uploaded.get(url, shop.anonymous)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="registry"')
