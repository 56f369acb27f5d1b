"""What a package says where its version was never filled in: it counts as nothing, in every format."""

import json

import pytest

from tests.unit.formats.samples import (
    apk,
    binary_manifest,
    chart,
    deb,
    declared,
    jar,
    npm,
    rpm,
    tar_gz,
    wheel,
    zipped,
)

pytestmark = pytest.mark.unit

PLACEHOLDERS = [
    *(
        "unspecified",
        "UNKNOWN",
        "Unknown",
        "undefined",
        "null",
        "none",
        "(none)",
        "n/a",
        "unversioned",
        "VERSION",
    ),
    *(
        "${project.version}",
        "${revision}-SNAPSHOT",
        "1.0-${build}",
        "@VERSION@",
        "@project.version@",
        "%VERSION%",
    ),
    *("$(Version)", "$VERSION", "{{version}}", "#{version}", "<version>", "1.0.<build>"),
]


def with_version(version: str) -> dict[str, bytes]:
    """Return a package of each format that carries this text in the place of its version."""
    fields = f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n\n".encode()
    return {
        "demo.whl": wheel(fields),
        "demo.tar.gz": tar_gz({"demo/PKG-INFO": fields}),
        "demo.zip": zipped({"demo/PKG-INFO": fields}),
        "demo.tgz": npm(version),
        "chart.tgz": chart(f"name: demo\nversion: {json.dumps(version)}\n".encode()),
        "demo.jar": jar(f"Implementation-Version: {version}\n\n".encode()),
        "bundle.jar": jar(f"Bundle-Version: {version}\n\n".encode()),
        "maven.jar": zipped({"META-INF/maven/a/b/pom.properties": f"version={version}".encode()}),
        "demo.deb": deb(version),
        "demo.rpm": rpm({1001: version}),
        "demo.apk": apk(binary_manifest(version)),
    }


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
@pytest.mark.parametrize("name", with_version("1.2.3"))
def test_given_a_placeholder_then_nothing_is_declared(name: str, placeholder: str) -> None:
    assert declared(name, with_version("1.2.3")[name]) == "1.2.3"
    assert declared(name, with_version(placeholder)[name]) is None


@pytest.mark.parametrize(
    ("manifest", "version"),
    [
        (b"Implementation-Version: unspecified\nBundle-Version: 2.1.0\n\n", "2.1.0"),
        (b"Implementation-Version: ${project.version}\nBundle-Version: 2.1.0\n\n", "2.1.0"),
        (b"Implementation-Version:\nBundle-Version: 2.1.0\n\n", "2.1.0"),
        (b"Implementation-Version: unspecified\nBundle-Version: unknown\n\n", None),
    ],
)
def test_given_a_placeholder_in_one_place_then_the_next_place_counts(
    manifest: bytes, version: str | None
) -> None:
    assert declared("demo.jar", jar(manifest)) == version


@pytest.mark.parametrize(
    "version", ["0.0.0", "0.0.0-development", "0.0.0-semantically-released", "0.0.0-PLACEHOLDER"]
)
def test_given_what_a_release_tool_replaces_then_it_counts_only_in_what_was_published(version: str) -> None:
    text = json.dumps({"name": "demo", "version": version}).encode()

    assert declared("demo.tgz", tar_gz({"package/package.json": text})) == version
    assert declared("demo.tar.gz", tar_gz({"demo-4.5.6/package.json": text})) is None
    assert declared("demo.tgz", tar_gz({"demo-4.5.6/package.json": text})) is None


@pytest.mark.parametrize("version", ["0.0.1", "0.0.0.1", "10.0.0", "1.0.0-development"])
def test_given_a_version_in_sources_that_somebody_filled_in_then_it_counts(version: str) -> None:
    text = json.dumps({"name": "demo", "version": version}).encode()

    assert declared("demo.tar.gz", tar_gz({"demo/package.json": text})) == version


def test_given_a_placeholder_in_pkg_info_and_a_package_json_before_it_then_that_counts() -> None:
    data = tar_gz({"demo/package.json": b'{"version": "4.5.6"}', "demo/PKG-INFO": b"Version: UNKNOWN\n"})

    assert declared("demo.tar.gz", data) == "4.5.6"
