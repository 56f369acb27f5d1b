"""What is said of versions: said, taken back, and passed on to those who use them."""

import pytest

from tests.support.command_line import CommandLine


@pytest.fixture
def filled(pkgctl: CommandLine, package: str) -> str:
    """A package with versions 1.0.0 and 1.1.0."""
    for version in ("1.0.0", "1.1.0"):
        (pkgctl.home / f"box-{version}.bin").write_text(version)
        pkgctl("upload", package, f"box-{version}.bin").ok()
    return package


def test_a_yanked_version_is_passed_over_and_warns_until_that_is_undone(
    pkgctl: CommandLine, filled: str
) -> None:
    said = pkgctl("yank", filled, "1.1.0", "--reason", "loses data").ok()

    assert said.out == f"{filled}@1.1.0 is yanked\n"
    assert pkgctl.json("resolve", f"{filled}@latest")["version"] == "1.0.0"
    fetched = pkgctl("download", f"{filled}@1.1.0", "-o", "fetched").ok()
    assert "warning: version 1.1.0 was yanked: loses data\n" in fetched.err
    assert pkgctl("activate", f"{filled}@1.1.0").code == 5
    rows = [line.split("\t") for line in pkgctl("versions", filled).ok().out.splitlines()]
    assert [(row[1], row[7]) for row in rows] == [
        ("VERSION", "YANKED"), ("1.1.0", "loses data"), ("1.0.0", ""),
    ]  # fmt: skip
    assert pkgctl.json("yank", filled, "1.1.0", "--undo")["yanked"] is None
    assert pkgctl.json("resolve", f"{filled}@latest")["version"] == "1.1.0"


def test_a_deprecated_version_warns(pkgctl: CommandLine, filled: str) -> None:
    pkgctl("deprecate", filled, "1.1.0", "--reason", "use 2").ok()

    fetched = pkgctl("download", f"{filled}@latest", "-o", "fetched").ok()

    assert "warning: version 1.1.0 is deprecated: use 2\n" in fetched.err
    assert pkgctl("versions", filled).ok().out.splitlines()[1].endswith("\tuse 2\t")
    assert pkgctl.json("deprecate", filled, "1.1.0", "--undo")["deprecated"] is None


def test_notes_come_from_a_file_or_the_standard_input(pkgctl: CommandLine, filled: str) -> None:
    (pkgctl.home / "NOTES.md").write_text("# 新\n\nFaster.\n")
    pkgctl("notes", filled, "1.1.0", "NOTES.md").ok()

    assert pkgctl("notes", filled, "1.1.0").ok().out == "# 新\n\nFaster.\n"
    pkgctl.process("notes", filled, "1.1.0", "-", stdin="short").ok()
    assert pkgctl.json("notes", filled, "1.1.0") == {"notes": "short"}
    (pkgctl.home / "NOTES.md").write_bytes(b"\xff")
    assert pkgctl("notes", filled, "1.1.0", "NOTES.md").code == 2
    pkgctl.process("notes", filled, "1.1.0", "-").ok()
    assert pkgctl.json("notes", filled, "1.1.0") == {"notes": None}


@pytest.mark.parametrize(
    "arguments",
    [["yank", "--undo", "--reason", "x"], ["deprecate"], ["deprecate", "--undo", "--reason", "x"]],
)
def test_contradictions_are_wrong_usage(pkgctl: CommandLine, filled: str, arguments: list[str]) -> None:
    command, *options = arguments

    assert pkgctl(command, filled, "1.1.0", *options).code == 2


@pytest.mark.parametrize("command", [["yank"], ["deprecate", "--reason", "old"], ["versions", "show"]])
def test_a_version_is_named_in_one_word_or_in_two(
    pkgctl: CommandLine, filled: str, command: list[str]
) -> None:
    assert pkgctl(*command, f"{filled}@1.1.0").ok() != pkgctl(*command, filled, "1.0.0").ok()

    assert pkgctl(*command, filled).code == 2
    assert pkgctl(*command, f"{filled}@1.1.0", "1.0.0").code == 2
    assert "PROJECT/PACKAGE@VERSION" in pkgctl(*command, "--help").ok().out


def test_a_version_without_notes_says_so(pkgctl: CommandLine, filled: str) -> None:
    said = pkgctl("notes", f"{filled}@1.1.0").ok()

    assert (said.out, said.err) == ("", f"{filled}@1.1.0 has no notes\n")
    (pkgctl.home / "NOTES.md").write_text("Faster.\n")
    pkgctl("notes", f"{filled}@1.1.0", "NOTES.md").ok()
    assert pkgctl("notes", f"{filled}@1.1.0").ok().out == "Faster.\n"
    assert pkgctl("notes", f"{filled}@1.1.0", "NOTES.md", "more").code == 2
