"""A login lasts: it renews itself, and it ends when it should."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer
from tests.support.second_factors import FACTOR, second_factor


def stored(person: CommandLine) -> dict[str, str]:
    """Return the tokens in the file."""
    login: dict[str, str] = json.loads(person.config.read_text())["logins"][person.server]
    return login


def change(person: CommandLine, **fields: str) -> None:
    """Spoil what is stored; the file keeps its size."""
    text = person.config.read_text()
    content = json.loads(text)
    content["logins"][person.server].update(fields)
    person.config.write_text(json.dumps(content).ljust(len(text)))


@contextlib.contextmanager
def small_disk(where: Path) -> Iterator[Path]:
    """Put what is there onto a file system of 64 KiB of its own."""
    mount = shutil.which("mount")
    kept = shutil.copytree(where, where.with_name("kept"))
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", where], check=False, capture_output=True
    )
    if not made or made.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        shutil.copytree(kept, where, dirs_exist_ok=True)
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


def test_given_an_access_token_that_is_over_then_the_login_renews_itself(administrator: CommandLine) -> None:
    before = stored(administrator)
    change(administrator, access_token="one.that.is-over")

    assert administrator.json("whoami")["user"]["is_admin"] is True

    after = stored(administrator)
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_token"] != "one.that.is-over"
    assert administrator.config.stat().st_mode & 0o777 == 0o600


def test_given_an_access_token_that_is_over_then_parallel_uploads_share_one_renewal(
    administrator: CommandLine, server: LiveServer
) -> None:
    for number in range(6):
        (administrator.home / f"f-1.0.{number}.bin").write_text(str(number))
    administrator("projects", "create", "renewals").ok()
    administrator("packages", "create", "renewals/box").ok()
    change(administrator, access_token="one.that.is-over")
    lines = len(server.log_lines())

    administrator("upload", "renewals/box", "f-*.bin", "-j", "6").ok()

    refreshes = [line for line in server.log_lines()[lines:] if "/api/v1/auth/refresh" in line]
    assert len(refreshes) == 1


def test_given_a_login_that_is_over_then_4_and_what_to_do(administrator: CommandLine) -> None:
    change(administrator, access_token="one.that.is-over", refresh_token="and this one too")

    ended = administrator("whoami")

    assert ended.code == 4
    assert "is over: run `pkgctl login`" in ended.err


def test_logging_out_ends_the_login_at_the_service_and_forgets_it_here(
    administrator: CommandLine, server: LiveServer
) -> None:
    token = stored(administrator)["access_token"]
    assert server.client(token).get("/api/v1/auth/me").status == 200

    administrator("logout").ok()

    assert server.client(token).get("/api/v1/auth/me").status == 401
    assert json.loads(administrator.config.read_text())["logins"] == {}
    assert administrator("logout").ok().out.startswith("There is no login")


def test_the_service_of_the_last_login_is_used_unless_another_is_named(
    tmp_path: Path, server: LiveServer
) -> None:
    person = CommandLine(tmp_path, "")
    person("login", server.url + "/", "--email", "nobody@example.com", "--password-stdin", stdin="x")
    assert not person.config.exists(), "a login that failed leaves nothing"
    administrator = CommandLine(tmp_path, server.url)
    administrator.log_in()

    assert person.json("whoami")["server"] == server.url
    assert person("whoami", "--server", "http://127.0.0.1:1").code == 6


def test_a_given_token_beats_the_login(administrator: CommandLine) -> None:
    assert administrator.with_variables(PKGCTL_TOKEN="wxr_wrong")("whoami").code == 4
    assert administrator.with_variables(PKGCTL_TOKEN="wxr_wrong")("logout").code == 0


def test_given_a_full_disk_then_the_login_renews_itself_and_lasts(administrator: CommandLine) -> None:
    with small_disk(administrator.config.parent) as folder:
        change(administrator, access_token="one.that.is-over")
        with contextlib.suppress(OSError), (folder / "other").open("wb") as file:
            while True:
                file.write(b"0" * 512)

        first = administrator("whoami").ok()
        assert first.err == ""

        assert stored(administrator)["access_token"] != "one.that.is-over"
        assert administrator("whoami").ok().err == ""


def test_given_a_read_only_home_then_the_command_is_done_and_a_person_is_warned(
    administrator: CommandLine,
) -> None:
    change(administrator, access_token="one.that.is-over")
    with small_disk(administrator.config.parent) as folder:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)

        said = administrator("whoami").ok()

        assert "warning: the renewed login" in said.err
        assert "Read-only file system" in said.err


def test_given_a_read_only_home_then_a_login_is_refused_before_it_is_made(
    administrator: CommandLine, server: LiveServer
) -> None:
    with small_disk(administrator.config.parent) as folder:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        lines = len(server.log_lines())

        refused = administrator("login", "--email", "a@example.com", "--password-stdin", stdin="x")

    assert refused.code == 1
    assert "Read-only file system" in refused.err
    assert not [line for line in server.log_lines()[lines:] if "/auth/login" in line]


def test_given_a_service_that_cannot_be_told_then_6_and_the_login_is_forgotten_here(
    administrator: CommandLine,
) -> None:
    content = json.loads(administrator.config.read_text())
    content["logins"]["http://127.0.0.1:1"] = content["logins"][administrator.server]
    administrator.config.write_text(json.dumps(content))

    refused = administrator("logout", "--server", "http://127.0.0.1:1")

    assert refused.code == 6
    assert "forgotten here, but http://127.0.0.1:1 was not told" in refused.err
    assert list(json.loads(administrator.config.read_text())["logins"]) == [administrator.server]


def test_given_a_wrong_password_then_the_service_says_so_itself(administrator: CommandLine) -> None:
    refused = administrator("login", "--email", ADMIN_EMAIL, "--password-stdin", stdin="not the password\n")

    assert refused.code == 4
    assert "password" in refused.err
    assert "not logged in" not in refused.err


def test_given_a_second_factor_then_a_login_asks_for_its_code(
    administrator: CommandLine, server: LiveServer
) -> None:
    person = server.client(stored(administrator)["access_token"])
    telephone = second_factor(person)
    try:
        alone = administrator(
            "login", "--email", ADMIN_EMAIL, "--password-stdin", stdin=f"{ADMIN_PASSWORD}\n"
        )
        code = telephone.recovery_codes[0]
        both = administrator(
            "login", "--email", ADMIN_EMAIL, "--password-stdin", stdin=f"{ADMIN_PASSWORD}\n{code}\n"
        )
    finally:
        person.delete(FACTOR).ok()

    assert alone.code == 4
    assert "second factor" in alone.err
    assert both.code == 0
