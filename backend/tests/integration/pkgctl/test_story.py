"""What a new user does first, typed into a shell: every command is a process of its own."""

import json
import stat

from tests.support.builders import content, numbers, sha256
from tests.support.command_line import CommandLine
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD


def test_login_upload_activate_download(person: CommandLine, admin_token: str) -> None:
    name, data = f"hammer-{next(numbers)}", content(300_000, seed=1)
    dist = person.home / "dist"
    dist.mkdir()
    (dist / f"{name}-2.0.9.bin").write_bytes(b"an older one")
    (dist / f"{name}-2.1.0.bin").write_bytes(data)

    said = person.process("login", "--email", ADMIN_EMAIL, "--password-stdin", stdin=ADMIN_PASSWORD).ok()
    assert said.out == f"Logged in to {person.server} as admin <{ADMIN_EMAIL}>\n"

    files = sorted(str(each) for each in dist.iterdir())
    said = person.process("upload", f"default/{name}", *files, "--create").ok()
    assert [line.split(",")[:2] for line in sorted(said.out.splitlines())] == [
        [f"{name}-2.0.9.bin: sent 12 bytes", " version 2.0.9"],
        [f"{name}-2.1.0.bin: sent 300.0 kB", " version 2.1.0"],
    ]

    listed = json.loads(person.process("releases", "--name", name, "--json").ok().out)["items"]
    number = next(each["id"] for each in listed if each["version"] == "2.1.0")
    said = person.process("activate", str(number), "--token", admin_token).ok()
    assert said.out.splitlines()[0] == "Success: Activated package v2.1.0"

    person.process("download", f"default/{name}@active").ok()
    assert (person.home / f"{name}-2.1.0.bin").read_bytes() == data
    assert sorted(each.name for each in person.home.iterdir()) == ["config", "dist", f"{name}-2.1.0.bin"]

    said = person.process("download", f"default/{name}@active").ok()
    assert said.out == f"{name}-2.1.0.bin: there already, sha256 {sha256(data)[:12]} verified\n"


def test_the_configuration_is_for_its_owner_only_and_holds_no_password(administrator: CommandLine) -> None:
    assert stat.S_IMODE(administrator.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(administrator.config.parent.stat().st_mode) == 0o700
    assert ADMIN_PASSWORD not in administrator.config.read_text()
    assert [each.name for each in administrator.config.parent.iterdir()] == ["config.json"]
