"""What a machine remembers of large files: shared by commands and people, unusable, outdated, torn."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.builders import content, numbers, sha256
from tests.support.command_line import CommandLine, finish, killed_at_a_stall
from tests.support.live import LiveServer
from tests.support.proxy import proxy_to
from tests.support.site import site
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.upload_sessions.models import UploadSession

PART = 5 * 1024 * 1024
SIZE = 4 * PART + 123


def file_of(person: CommandLine, size: int = SIZE) -> bytes:
    """Put new bytes into big.bin."""
    data = content(size, seed=next(numbers))
    (person.home / "big.bin").write_bytes(data)
    return data


def memory(person: CommandLine) -> Path:
    """Return the one file in which an upload is remembered."""
    [kept] = (person.config.parent / "uploads").glob("*.json")
    return kept


@pytest.fixture
def broken_off(pkgctl: CommandLine, server: LiveServer, package: str) -> Iterator[CommandLine]:
    """Somebody whose upload of big.bin was killed in its second part."""
    file_of(pkgctl)
    with proxy_to(server.port, stall_on=b"/parts/2 HTTP") as proxy:
        through = killed_at_a_stall(pkgctl, proxy, "upload", package, "big.bin", "-j", "1")
        yield through


@pytest.fixture
def colleague(administrator: CommandLine, broken_off: CommandLine) -> CommandLine:
    """Somebody else at the same machine, who sees other projects only."""
    project = f"elsewhere-{next(numbers)}"
    administrator("projects", "create", project).ok()
    wish = ("--project", project, "--role", "writer")
    number = str(administrator.json("service-accounts", "create", f"ci-{next(numbers)}", *wish)["id"])
    scopes = ("--scope", "read", "--scope", "write")
    key = administrator("service-accounts", "keys", "create", number, "build", *scopes).ok().out.strip()
    return broken_off.with_variables(PKGCTL_TOKEN=key)


@pytest.mark.parametrize("count", [2, 3])
def test_given_several_commands_that_send_one_file_at_once_then_all_end_well_with_one_upload(
    pkgctl: CommandLine, package: str, count: int
) -> None:
    data = file_of(pkgctl, 16 * PART + 7)

    running = [pkgctl.start("upload", package, "big.bin", "--json") for _ in range(count)]
    said = [finish(each) for each in running]

    assert [each.code for each in said] == [0] * count, said
    assert {each.document["files"][0]["upload"]["sha256"] for each in said} == {sha256(data)}
    assert len({each.document["files"][0]["upload"]["id"] for each in said}) == 1
    assert pkgctl.json("uploads")["items"] == []
    pkgctl("download", f"{package}@{sha256(data)}", "-o", "back.bin").ok()
    assert (pkgctl.home / "back.bin").read_bytes() == data


def test_given_one_of_two_commands_killed_then_the_other_ends_alone(
    pkgctl: CommandLine, package: str
) -> None:
    data = file_of(pkgctl, 16 * PART)

    killed, other = (pkgctl.start("upload", package, "big.bin", "--json") for _ in range(2))
    time.sleep(1.2)
    killed.kill()
    killed.communicate()
    said = finish(other)

    assert said.code == 0, said
    assert said.document["files"][0]["upload"]["sha256"] == sha256(data)


@pytest.mark.parametrize("place", ["file", "below-a-file"])
def test_given_a_home_that_takes_no_file_then_the_upload_ends_well_and_warns_once(
    pkgctl: CommandLine, package: str, place: str
) -> None:
    data = file_of(pkgctl)
    (pkgctl.home / "full" / "pkgctl").mkdir(parents=True)
    (pkgctl.home / "full" / "pkgctl" / "uploads").touch()
    config = {"file": pkgctl.home / "full", "below-a-file": pkgctl.home / "big.bin"}[place]
    person = pkgctl.with_variables(XDG_CONFIG_HOME=str(config))

    said = person.process("upload", package, "big.bin", "--json")
    listed = person.process("uploads", "--json")

    assert said.code == 0, said
    assert said.document["files"][0]["upload"]["sha256"] == sha256(data)
    assert said.err.count("warning: cannot write") == 1
    assert "cannot be resumed" in said.err
    assert (listed.code, listed.document["items"]) == (0, [])


def test_given_another_credential_then_what_it_does_not_see_stays_remembered(
    broken_off: CommandLine, colleague: CommandLine, package: str
) -> None:
    [mine] = broken_off.json("uploads")["items"]

    [theirs] = colleague.json("uploads")["items"]
    refused = colleague("uploads", "discard", mine["id"])
    refused_all = colleague("uploads", "discard", "--all")
    refused_upload = colleague("upload", package, "big.bin")

    assert (theirs["id"], theirs["state"]) == (mine["id"], "not visible to you")
    assert (refused.code, refused_all.code, refused_upload.code) == (3, 3, 3)
    assert "--forget" in refused.err
    assert broken_off.json("uploads")["items"] == [mine]
    assert broken_off.json("upload", package, "big.bin")["files"][0]["kept"] == mine["kept"] > 0


def test_given_what_nobody_sees_then_it_is_forgotten_when_told_so(
    broken_off: CommandLine, colleague: CommandLine
) -> None:
    [mine] = broken_off.json("uploads")["items"]

    said = colleague.json("uploads", "discard", "--forget", mine["id"])

    assert said["discarded"] == [mine["id"]]
    assert broken_off.json("uploads")["items"] == []


def test_given_a_session_that_has_expired_then_the_same_command_begins_anew(tmp_path: Path) -> None:
    with site(tmp_path / "site") as running:
        running.new_package("expired")
        person = CommandLine(tmp_path, running.server.url, {"PKGCTL_TOKEN": running.token})
        data = file_of(person)
        with proxy_to(running.server.port, stall_on=b"/parts/2 HTTP") as proxy:
            through = killed_at_a_stall(person, proxy, "upload", "expired/package", "big.bin", "-j", "1")
            past = clock.now() - timedelta(seconds=1)
            with running.app.app_context(), transaction() as tx:
                tx.session.execute(update(UploadSession).values(expires_at=past))
            said = through.process("upload", "expired/package", "big.bin", "--json")
            left = through.json("uploads")["items"]

    assert said.code == 0, said
    assert said.document["files"][0]["upload"]["sha256"] == sha256(data)
    assert left == []


@pytest.mark.parametrize(
    "damage",
    [
        {"url": 12},
        {"url": "@elsewhere.invalid/api/v1/project/a/b/uploads/sessions/c"},
        {"url": "/api/v1/projects"},
        {"url": []},
        {"begin_key": None},
        {"file": 3},
        {"cargo": {}},
        None,
    ],
)
def test_given_an_entry_that_cannot_be_understood_then_it_is_passed_over_with_a_warning(
    broken_off: CommandLine, package: str, damage: dict[str, Any] | None
) -> None:
    kept = memory(broken_off)
    entry = json.loads(kept.read_text())
    kept.write_text('{"cargo": ' if damage is None else json.dumps({**entry, **damage}))

    listed = broken_off("uploads", "--json")
    said = broken_off("upload", package, "big.bin", "--json")

    assert (listed.code, listed.document["items"]) == (0, [])
    assert f"warning: {kept} cannot be understood" in listed.err
    assert said.code == 0, said
    assert f"warning: {kept} cannot be understood" in said.err
    assert broken_off("uploads").err == "", "the new upload has taken its place, and has ended"


def test_given_the_file_changed_then_its_old_upload_is_given_up_and_one_line_says_so(
    broken_off: CommandLine, server: LiveServer, package: str
) -> None:
    url = json.loads(memory(broken_off).read_text())["url"]
    data = file_of(broken_off)
    (broken_off.home / "same.bin").write_bytes(data)

    other = broken_off("upload", package, "same.bin").ok()
    said = broken_off("upload", package, "big.bin", "--json").ok()

    client = server.client(broken_off.variables["PKGCTL_TOKEN"])
    assert other.err == "", "another file says nothing of this one"
    assert said.err.count("\n") == 1
    assert "warning: big.bin has changed" in said.err
    assert said.document["files"][0]["upload"]["sha256"] == sha256(data)
    assert broken_off.json("uploads")["items"] == []
    assert client.get(url).data["state"] == "aborted"


def test_given_the_same_path_on_another_machine_then_its_upload_is_left_alone(
    broken_off: CommandLine, package: str
) -> None:
    kept = memory(broken_off)
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "machine": "another"}))
    file_of(broken_off)

    said = broken_off("upload", package, "big.bin").ok()

    assert "has changed" not in said.err
    assert len(broken_off.json("uploads")["items"]) == 1
