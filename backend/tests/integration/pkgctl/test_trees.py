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
    for name, data in BUILD.items():
        path = pkgctl.home / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    said = pkgctl.json("upload", package, "build", "--version", "1.0.0", "--tag", "stable")
    assert {each["upload"]["original_name"] for each in said["files"]} == set(BUILD)
    return package


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

    assert (refused.code, "--layout files" in refused.err) == (2, True)
    pkgctl("packages", "update", package, "--layout", "files").ok()
    assert pkgctl("upload", package, "a.bin", "b.bin", "--tag", "t").code == 2
    bare = pkgctl("upload", package, "a.bin", "b.bin", "--allow-unversioned")
    assert "warning: a.bin and 1 more went in without a version; --version names one\n" in bare.ok().err
    given = pkgctl("upload", package, "a.bin", "b.bin", "--version", "1.0.0").ok()
    assert (given.out.startswith("a.bin: there already"), "warning" in given.err) == (True, False)
    assert len(pkgctl.json("files", package)["items"]) == 2
