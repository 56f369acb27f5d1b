"""Adoption from the command line: one command, and what became of each file."""

import json

from tests.support.command_line import CommandLine
from tests.unit.formats.samples import tar_gz


def test_a_package_is_adopted_and_what_does_not_fit_is_named(pkgctl: CommandLine, package: str) -> None:
    manifest = json.dumps({"name": "@h7/lib", "version": "1.0.0"}).encode()
    (pkgctl.home / "any.tgz").write_bytes(tar_gz({"package/package.json": manifest}))
    (pkgctl.home / "notes.txt").write_text("notes")
    for name in ("any.tgz", "notes.txt"):
        pkgctl("upload", package, name).ok()
    project = package.partition("/")[0]

    said = pkgctl("adopt", package, "npm", "--name", "@h7/lib").ok()

    assert said.out == (
        f"{project}/npm:@h7~lib: 1 new, 0 already there, 1 left out\n"
        "  notes.txt: its name does not end in .tgz or .tar.gz\n"
    )
    again = pkgctl.json("adopt", package, "npm", "--name", "@h7/lib")["report"]
    assert (again["adopted"], again["present"], again["left_out"]) == (0, 1, 1)
    pkgctl("download", f"{project}/npm:@h7/lib@1.0.0", "-o", "lib.tgz").ok()
    assert (pkgctl.home / "lib.tgz").read_bytes() == (pkgctl.home / "any.tgz").read_bytes()
    assert pkgctl("adopt", f"{project}/npm:@h7/lib", "pypi").code == 5
