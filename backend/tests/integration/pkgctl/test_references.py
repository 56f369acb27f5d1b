"""References wherever a target is meant: tags, versions, ranges, latest, active."""

import pytest

from tests.support.builders import content, numbers, sha256
from tests.support.command_line import CommandLine


@pytest.fixture
def filled(pkgctl: CommandLine, package: str) -> tuple[str, dict[str, bytes]]:
    """A package with releases, a prerelease, and a tag on the oldest; and what each version holds."""
    held = {}
    for version in ("1.0.0", "1.2.0", "3.0.1", "3.1.0-rc.1"):
        held[version] = content(100, seed=next(numbers))
        (pkgctl.home / f"box-{version}.bin").write_bytes(held[version])
        tag = ["--tag", "staging"] if version == "1.0.0" else []
        pkgctl("upload", package, f"box-{version}.bin", "--version", version, *tag).ok()
    return package, held


@pytest.mark.parametrize(
    ("target", "version"),
    [
        ("staging", "1.0.0"),
        ("tag:staging", "1.0.0"),
        ("latest", "3.0.1"),
        ("version:^3.0", "3.0.1"),
        ("version:<3", "1.2.0"),
        ("1.2.0", "1.2.0"),
        ("3.1.0-rc.1", "3.1.0-rc.1"),
        ("version:1.2.0", "1.2.0"),
    ],
)
def test_given_any_reference_then_a_tag_points_at_what_it_means_and_a_release_is_activated_by_it(
    pkgctl: CommandLine, filled: tuple[str, dict[str, bytes]], target: str, version: str
) -> None:
    package, held = filled

    moved = pkgctl.json("tags", "set", package, "prod", target)
    activated = pkgctl("activate", f"{package}@{target}").ok()

    assert moved["artifact_id"] == sha256(held[version])
    assert activated.out.splitlines()[0] == f"Success: Activated package v{version}"
    assert pkgctl.json("resolve", f"{package}@active")["version"] == version


def test_given_the_digest_or_the_activated_one_then_a_tag_points_there(
    pkgctl: CommandLine, filled: tuple[str, dict[str, bytes]]
) -> None:
    package, held = filled
    pkgctl("activate", f"{package}@1.2.0").ok()

    assert pkgctl.json("tags", "set", package, "live", "active")["artifact_id"] == sha256(held["1.2.0"])
    digest = sha256(held["3.0.1"])
    assert pkgctl.json("tags", "set", package, "live", digest)["artifact_id"] == digest
    assert pkgctl.json("status", f"{package}@live")["version"] == "3.0.1"
    assert pkgctl("deactivate", f"{package}@active").ok().out.startswith("Success: Deactivated")


def test_given_a_range_without_its_prefix_then_the_message_shows_how_it_is_written(
    pkgctl: CommandLine, filled: tuple[str, dict[str, bytes]]
) -> None:
    package, _ = filled

    for command in (
        ["download", f"{package}@^3.0"],
        ["activate", f"{package}@^3.0"],
        ["tags", "set", package, "x", "^3.0"],
    ):
        refused = pkgctl(*command)

        assert refused.code == 3
        assert "version:^3.0" in refused.err


def test_given_a_range_that_nothing_fits_then_the_message_says_why(
    pkgctl: CommandLine, filled: tuple[str, dict[str, bytes]]
) -> None:
    package, _ = filled

    for command in (["download"], ["resolve"], ["activate"]):
        refused = pkgctl(*command, f"{package}@version:^3.1")

        assert refused.code == 3
        assert "3.1.0-rc.1 (prerelease" in refused.err
        assert "3.0.1, 1.2.0, 1.0.0 (outside the range)" in refused.err


def test_given_a_tag_on_bytes_that_are_no_version_then_5_and_nothing_is_activated(
    pkgctl: CommandLine, package: str
) -> None:
    (pkgctl.home / "plain.bin").write_bytes(content(100, seed=next(numbers)))
    pkgctl("upload", package, "plain.bin", "--tag", "plain").ok()

    refused = pkgctl("activate", f"{package}@plain", "--json")

    assert (refused.code, refused.document["error"]["reason"]) == (5, "no_one_version")
    assert "bytes without a version" in refused.err


def test_given_a_tag_on_bytes_that_are_two_versions_then_5_names_both(
    pkgctl: CommandLine, package: str
) -> None:
    (pkgctl.home / "twice.bin").write_bytes(content(100, seed=next(numbers)))
    for version in ("1.0.0", "1.0.1"):
        pkgctl("upload", package, "twice.bin", "--version", version, "--tag", "both").ok()

    refused = pkgctl("activate", f"{package}@both")

    assert refused.code == 5
    assert "1.0.0, 1.0.1" in refused.err


def test_given_a_release_that_waits_for_its_bytes_then_it_is_found_by_its_version(
    pkgctl: CommandLine, package: str
) -> None:
    project, _, name = package.partition("/")
    made = pkgctl.json("create", name, "9.0.0", "--project", project)

    for ref in ("9.0.0", "version:9.0.0"):
        assert pkgctl.json("status", f"{package}@{ref}")["id"] == made["id"]
    assert pkgctl("status", f"{package}@8.0.0").code == 3


def test_given_a_deletion_then_only_an_exact_name_says_what_goes(
    pkgctl: CommandLine, filled: tuple[str, dict[str, bytes]]
) -> None:
    package, _ = filled

    for ref in ("latest", "staging", "version:^3.0"):
        assert pkgctl("releases", "delete", f"{package}@{ref}").code == 3
    pkgctl("releases", "delete", f"{package}@3.0.1").ok()
    assert pkgctl.json("resolve", f"{package}@latest")["version"] == "1.2.0"
