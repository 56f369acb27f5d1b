"""Uploads: many files, nothing twice, broken connections."""

import signal

import pytest

from tests.support.builders import content, numbers, sha256
from tests.support.command_line import CommandLine, finish
from tests.support.live import LiveServer
from tests.support.proxy import proxy_to

MIB = 1024 * 1024
SIZE = 4 * MIB
PATIENCE_SECONDS = 30


def outcomes(document: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return what became of each file."""
    return [each["outcome"] for each in document["files"]]


def test_given_bytes_that_are_there_then_they_are_not_sent_again(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    (pkgctl.home / "big.bin").write_bytes(content(SIZE, seed=next(numbers)))

    with proxy_to(server.port) as proxy:
        first = pkgctl.through(proxy.port).json("upload", package, "big.bin")
        assert proxy.sent > SIZE
        before = proxy.sent
        second = pkgctl.through(proxy.port).json("upload", package, "big.bin", "--tag", "again")

    assert (outcomes(first), outcomes(second)) == (["sent"], ["present"])
    assert proxy.sent - before < 8192
    assert second["files"][0]["upload"]["tag"] == "again"


@pytest.mark.parametrize("size", [1000, 17 * MIB])
def test_given_bytes_of_another_package_then_they_are_linked_not_there_already(
    pkgctl: CommandLine, package: str, size: int
) -> None:
    (pkgctl.home / "big.bin").write_bytes(content(size, seed=next(numbers)))
    other = package.replace("/box", "/crate")
    pkgctl("upload", package, "big.bin").ok()

    linked = pkgctl("upload", other, "big.bin", "--create").ok()
    again = pkgctl("upload", other, "big.bin").ok()

    assert linked.out.startswith("big.bin: linked (")
    assert again.out.startswith("big.bin: there already (")
    assert outcomes(pkgctl.json("upload", package, "big.bin")) == ["present"]


def test_files_folders_and_patterns_go_in_side_by_side(pkgctl: CommandLine, package: str) -> None:
    for place in ("dist/a-1.0.0.bin", "dist/deep/b-1.1.0.bin", "more/c-1.2.0.bin", "d-1.3.0.bin"):
        path = pkgctl.home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)
    (pkgctl.home / "dist" / ".hidden").write_text("rarely meant")

    said = pkgctl.json("upload", package, "dist", "more/*.bin", "d-1.3.0.bin", "dist/a-1.0.0.bin", "-j", "3")

    assert [each["file"] for each in said["files"]] == [
        "dist/a-1.0.0.bin", "dist/deep/b-1.1.0.bin", "more/c-1.2.0.bin", "d-1.3.0.bin",
    ]  # fmt: skip
    listed = pkgctl.json("versions", package)["items"]
    assert {each["version"] for each in listed} == {"1.0.0", "1.1.0", "1.2.0", "1.3.0"}


def test_given_a_connection_that_breaks_while_bytes_go_out_then_they_are_sent_again(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    data = content(SIZE, seed=next(numbers))
    (pkgctl.home / "big.bin").write_bytes(data)

    with proxy_to(server.port, cut_uploads_at=[SIZE // 2]) as proxy:
        said = pkgctl.through(proxy.port).json("upload", package, "big.bin", "--version", "1.0.0")

    assert outcomes(said) == ["sent"]
    assert said["files"][0]["upload"]["sha256"] == sha256(data)
    assert len(pkgctl.json("versions", package)["items"]) == 1


def test_given_an_answer_that_got_lost_then_the_upload_is_there_once_and_no_byte_went_twice(
    pkgctl: CommandLine, server: LiveServer, admin: object, package: str
) -> None:
    (pkgctl.home / "big.bin").write_bytes(content(SIZE, seed=next(numbers)))

    with proxy_to(server.port, swallow_answers_after=SIZE) as proxy:
        said = pkgctl.through(proxy.port).json("upload", package, "big.bin")

    assert outcomes(said) == ["sent"]
    assert proxy.sent < SIZE + 16_384
    project, _, name = package.partition("/")
    listed = server.client(pkgctl.variables["PKGCTL_TOKEN"]).get(f"/api/v1/project/{project}/{name}/uploads")
    assert len(listed.items) == 1, admin


def test_given_a_version_that_is_taken_then_5_with_both_digests_and_the_other_files_go_in(
    pkgctl: CommandLine, package: str
) -> None:
    (pkgctl.home / "a.bin").write_text("first")
    (pkgctl.home / "b.bin").write_text("other")
    pkgctl("upload", package, "a.bin", "--version", "1.0.0").ok()

    refused = pkgctl("upload", package, "b.bin", "--version", "1.0.0")

    assert refused.code == 5
    assert sha256(b"first") in refused.err
    assert sha256(b"other") in refused.err


def test_given_one_file_that_is_refused_then_the_others_go_in_and_the_exit_code_tells(
    pkgctl: CommandLine, package: str
) -> None:
    (pkgctl.home / "a.bin").write_text("good")
    (pkgctl.home / "empty.bin").touch()

    refused = pkgctl("upload", package, "empty.bin", "a.bin", "--json")

    assert refused.code == 1
    assert outcomes(refused.document) == ["failed", "sent"]
    assert refused.document["files"][0]["error"]["reason"] == "empty_file"


def test_given_a_detected_version_with_other_bytes_then_the_file_is_kept_and_5_tells_what_to_do(
    pkgctl: CommandLine, package: str
) -> None:
    rebuilt = content(100, seed=next(numbers))
    (pkgctl.home / "box-1.0.0.bin").write_text("first")
    pkgctl("upload", package, "box-1.0.0.bin").ok()
    (pkgctl.home / "box-1.0.0.bin").write_bytes(rebuilt)

    # A second time too, when the bytes are there already.
    for outcome in ("sent", "linked"):
        said = pkgctl("upload", package, "box-1.0.0.bin", "--tag", "rebuilt")

        assert said.code == 5
        assert f"box-1.0.0.bin: {outcome}" in said.out
        assert "no version: 1.0.0 has other bytes, tag rebuilt" in said.out
        assert "error: box-1.0.0.bin: is there, but without a version: 1.0.0 means other bytes" in said.err
        assert "--version" in said.err
        assert "--allow-unversioned" in said.err
    assert pkgctl.json("resolve", f"{package}@rebuilt")["artifact_id"] == sha256(rebuilt)


def test_given_a_second_file_of_one_version_then_5_and_programs_learn_which_file_it_was(
    pkgctl: CommandLine, package: str
) -> None:
    for name in ("box-1.0.0-py3-none-any.bin", "box-1.0.0.tar.bin", "box-1.1.0.bin"):
        (pkgctl.home / name).write_text(name)

    refused = pkgctl("upload", package, "box-*.bin", "-j", "1", "--json")

    assert refused.code == 5
    assert outcomes(refused.document) == ["sent", "sent", "sent"]
    assert [each.get("error", {}).get("reason") for each in refused.document["files"]] == [
        None, "version_conflict", None,
    ]  # fmt: skip
    assert [each["upload"]["version"] for each in refused.document["files"]] == ["1.0.0", None, "1.1.0"]


def test_given_somebody_who_means_it_then_a_file_without_its_version_is_a_success(
    pkgctl: CommandLine, package: str
) -> None:
    (pkgctl.home / "box-1.0.0.bin").write_text("first")
    pkgctl("upload", package, "box-1.0.0.bin").ok()
    (pkgctl.home / "box-1.0.0.bin").write_text("other")

    said = pkgctl("upload", package, "box-1.0.0.bin", "--allow-unversioned").ok()

    assert "no version: 1.0.0 has other bytes" in said.out
    assert said.err == ""


def test_given_no_package_then_3_and_the_way_out(pkgctl: CommandLine, package: str) -> None:
    (pkgctl.home / "a.bin").write_text("a")
    project = package.partition("/")[0]

    refused = pkgctl("upload", f"{project}/new", "a.bin")

    assert refused.code == 3
    assert "--create makes it" in refused.err
    pkgctl("upload", f"{project}/new", "a.bin", "--create").ok()
    pkgctl("upload", f"{project}/new", "a.bin", "--create").ok()


@pytest.mark.parametrize("names", [["--tag", "stable"], ["--version", "1.0.0"]])
def test_given_one_name_for_two_files_then_2_and_nothing_is_sent(
    pkgctl: CommandLine, package: str, names: list[str]
) -> None:
    (pkgctl.home / "a.bin").write_text("a")
    (pkgctl.home / "b.bin").write_text("b")

    refused = pkgctl("upload", package, "a.bin", "b.bin", *names)

    assert refused.code == 2
    assert pkgctl.json("versions", package)["items"] == []


def test_given_ctrl_c_while_threads_wait_for_answers_then_130_at_once(
    pkgctl: CommandLine, server: LiveServer, package: str
) -> None:
    (pkgctl.home / "a.bin").write_bytes(content(1000, seed=next(numbers)))

    with proxy_to(server.port, stall_on=b"Idempotency-Key") as proxy:
        process = pkgctl.through(proxy.port).start("upload", package, "a.bin")
        assert proxy.stalled.wait(PATIENCE_SECONDS)
        ended = finish(process, signal.SIGINT)

    assert (ended.code, ended.err.strip()) == (130, "interrupted")


def test_given_no_such_file_then_2(pkgctl: CommandLine, package: str) -> None:
    refused = pkgctl("upload", package, "nothing-*.whl")

    assert refused.code == 2
    assert "nothing-*.whl: no such file" in refused.err
