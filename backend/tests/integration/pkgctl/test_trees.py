"""Folders go into a version and come out again; nothing is written anywhere else."""

from pathlib import Path

import pytest
import requests

from tests.support.builders import sha256
from tests.support.command_line import CommandLine

BUILD = {"tool": b"tool", "lib/arm64/a.so": b"arm", "lib/x86/a.so": b"x86", "文档/说明 1.txt": b"text"}


@pytest.fixture
def build(pkgctl: CommandLine, package: str) -> str:
    """A package for several files, whose version 1.0.0 is the folder `build`."""
    pkgctl("packages", "update", package, "--layout", "files").ok()
    put_build(pkgctl)
    said = pkgctl.json("upload", package, "build", "--version", "1.0.0", "--tag", "stable")
    assert {each["upload"]["original_name"] for each in said["files"]} == set(BUILD)
    return package


def put_build(pkgctl: CommandLine) -> None:
    """Write the folder `build`."""
    for name, data in BUILD.items():
        path = pkgctl.home / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def put_link(pkgctl: CommandLine, where: str, target: Path) -> None:
    """Make a link below the folder `out`."""
    link = pkgctl.home / "out" / where
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)


def test_a_folder_comes_out_as_it_went_in(pkgctl: CommandLine, build: str) -> None:
    listed = pkgctl.json("files", f"{build}@stable")["items"]
    assert {each["filename"]: each["sha256"] for each in listed} == {
        name: sha256(data) for name, data in BUILD.items()
    }
    assert "lib/arm64/a.so" in pkgctl("files", build).ok().out
    assert pkgctl.json("tags", build)["items"][0]["version"] == "1.0.0"

    said = pkgctl.json("download", f"{build}@stable", "--all", "-o", "out")

    assert tree(pkgctl.home / "out") == BUILD
    assert {each["sha256"] for each in said["files"]} == {sha256(data) for data in BUILD.values()}
    (pkgctl.home / "out" / "tool").unlink()
    again = pkgctl.json("download", f"{build}@1.0.0", "--all", "-o", "out")
    assert sorted(each["was_there"] for each in again["files"]) == [False, True, True, True]
    pkgctl("download", f"{build}@1.0.0/lib/x86/a.so").ok()
    assert (pkgctl.home / "a.so").read_bytes() == b"x86"
    refused = pkgctl("download", f"{build}@1.0.0").err
    assert all(said in refused for said in ("several files", "\n  lib/arm64/a.so\n", "\n  lib/x86/a.so\n"))
    moved = pkgctl("tags", "set", build, "stable", "1.0.0", "--expect", "none")
    assert (moved.code, moved.err.endswith("\n  current: 1.0.0\n")) == (5, True)


def test_what_is_there_stays_unless_it_is_meant_to_go(pkgctl: CommandLine, build: str) -> None:
    (pkgctl.home / "out").mkdir()
    (pkgctl.home / "out" / "tool").write_bytes(b"mine")

    refused = pkgctl("download", f"{build}@1.0.0", "--all", "-o", "out")

    assert (refused.code, (pkgctl.home / "out" / "tool").read_bytes()) == (5, b"mine")
    pkgctl("download", f"{build}@1.0.0", "--all", "-o", "out", "--force").ok()
    assert tree(pkgctl.home / "out") == BUILD


@pytest.mark.parametrize("where", ["tool", "lib", "lib/arm64/a.so"])
def test_through_a_link_nothing_is_written(pkgctl: CommandLine, build: str, where: str) -> None:
    outside = pkgctl.home / "outside"
    (outside / "arm64").mkdir(parents=True)
    (outside / "file").write_bytes(b"precious")
    put_link(pkgctl, where, outside if where == "lib" else outside / "file")

    refused = pkgctl("download", f"{build}@1.0.0", "--all", "-o", "out", "--force")

    assert (refused.code, "is a link" in refused.err) == (5, True)
    assert tree(outside) == {"file": b"precious"}
    assert not [path for path in (pkgctl.home / "out").rglob("*") if path.is_file() and not path.is_symlink()]


def test_hidden_places_are_not_written_to(pkgctl: CommandLine, build: str) -> None:
    put_raw(pkgctl, f"/api/v1/project/{build}/upload/.git/hooks/post-commit")

    refused = pkgctl("download", f"{build}@2.0.0", "--all", "-o", "out")

    assert (refused.code, ".git" in refused.err) == (1, True)
    assert not (pkgctl.home / "out").exists()


def put_raw(pkgctl: CommandLine, path: str) -> None:
    """Upload what the command line itself would leave out."""
    token = pkgctl.variables["PKGCTL_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{pkgctl.server}{path}?version=2.0.0"
    requests.put(url, b"run me", headers=headers, timeout=30).raise_for_status()


def test_several_files_for_one_version_need_the_layout(pkgctl: CommandLine, package: str) -> None:
    for name in ("a.bin", "b.bin"):
        (pkgctl.home / name).write_bytes(name.encode())

    refused = pkgctl("upload", package, "a.bin", "b.bin", "--version", "1.0.0")

    assert refused.code == 2
    hint = refused.err.rpartition("(pkgctl ")[2].partition(")")[0]
    pkgctl(*hint.split()).ok()  # what it says can be typed as it stands
    assert pkgctl("upload", package, "a.bin", "b.bin", "--tag", "t").code == 2
    bare = pkgctl("upload", package, "a.bin", "b.bin", "--allow-unversioned")
    assert "warning: a.bin and 1 more went in without a version; --version names one\n" in bare.ok().err
    given = pkgctl("upload", package, "a.bin", "b.bin", "--version", "1.0.0").ok()
    assert (given.out.startswith("a.bin: linked"), "warning" in given.err) == (True, False)
    assert len(pkgctl.json("files", package)["items"]) == 2


def test_given_a_folder_for_a_new_package_then_its_versions_have_many_files(
    pkgctl: CommandLine, package: str
) -> None:
    new = package.replace("/box", "/kit")
    put_build(pkgctl)

    pkgctl("upload", new, "build", "--version", "1.0.0", "--create").ok()

    assert pkgctl.json("packages", "show", new)["layout"] == "files"
    assert {each["filename"] for each in pkgctl.json("files", new)["items"]} == set(BUILD)


@pytest.mark.parametrize(
    "options",
    [
        ["--version", "1.0.0", "--create", "--layout", "single"],
        ["--tag", "stable", "--create"],
        ["--version", "1.0.0", "--layout", "files"],
    ],
)
def test_given_wrong_usage_then_no_package_is_made(
    pkgctl: CommandLine, package: str, options: list[str]
) -> None:
    new = package.replace("/box", "/kit")
    put_build(pkgctl)

    assert pkgctl("upload", new, "build", *options).code == 2

    assert pkgctl("packages", "show", new).code == 3


def test_given_a_version_with_several_files_then_its_download_names_both_ways_out(
    pkgctl: CommandLine, build: str
) -> None:
    refused = pkgctl("download", f"{build}@1.0.0")

    assert refused.code == 5
    assert f"--all fetches all of them, {build}@1.0.0/FILE one of these" in refused.err


def test_given_a_yanked_version_then_all_of_its_files_come_with_one_warning(
    pkgctl: CommandLine, build: str
) -> None:
    pkgctl("yank", f"{build}@1.0.0", "--reason", "loses data").ok()

    fetched = pkgctl("download", f"{build}@1.0.0", "--all", "-o", "out").ok()

    assert fetched.err.count("warning: version 1.0.0 was yanked: loses data\n") == 1
    assert tree(pkgctl.home / "out") == BUILD


def test_a_file_of_a_version_is_deleted_and_a_sealed_version_takes_no_other(
    pkgctl: CommandLine, build: str
) -> None:
    (pkgctl.home / "late.bin").write_bytes(b"late")

    said = pkgctl("files", "delete", f"{build}@1.0.0", "lib/x86/a.so").ok()
    sealed = pkgctl("seal", f"{build}@1.0.0").ok()

    assert said.out == f"Deleted lib/x86/a.so of {build}@1.0.0\n"
    assert {each["filename"] for each in pkgctl.json("files", build)["items"]} == set(BUILD) - {
        "lib/x86/a.so"
    }
    assert sealed.out == f"{build}@1.0.0 is sealed\n"
    refused = pkgctl("upload", build, "late.bin", "--version", "1.0.0", "--json")
    assert (refused.code, refused.document["files"][0]["error"]["reason"]) == (5, "version_sealed")
    titles, row = (line.split("\t") for line in pkgctl("versions", build).ok().out.splitlines())
    assert dict(zip(titles, row, strict=True))["SEALED"] == "yes"
    assert pkgctl("files", "delete", f"{build}@1.0.0").code == 2
