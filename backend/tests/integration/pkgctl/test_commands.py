"""Every other command once, against a running service: what it changes, and that `--json` is one document."""

import contextlib
import shlex
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.support.builders import numbers, sha256
from tests.support.command_line import CommandLine
from tests.support.live import ADMIN_EMAIL, LiveServer


@pytest.fixture
def filled(pkgctl: CommandLine, package: str) -> str:
    """A package with versions 1.0.0 and 1.1.0."""
    for version in ("1.0.0", "1.1.0"):
        (pkgctl.home / f"box-{version}.bin").write_text(version)
        pkgctl("upload", package, f"box-{version}.bin").ok()
    return package


def test_projects_and_members(administrator: CommandLine) -> None:
    name, number = f"team-{next(numbers)}", next(numbers)
    assert administrator.json("projects", "create", name, "--description", "ours")["role"] == "owner"
    user = administrator.json("users", "create", f"user-{number}", f"user-{number}@example.com")

    member = administrator.json("projects", "members", "set", name, str(user["id"]), "writer")
    members = administrator.json("projects", "members", name)

    assert member["role"] == "writer"
    assert [each["role"] for each in members["items"]] == ["owner", "writer"]
    asked = administrator.json("projects", "members", "add", name, "nobody@example.com", "reader")
    assert asked == {"user": "nobody@example.com", "role": "reader"}
    administrator("projects", "members", "remove", name, str(user["id"])).ok()
    assert administrator.json("projects", "update", name, "--public")["is_public"] is True
    assert name in [each["name"] for each in administrator.json("projects")["items"]]
    assert administrator.json("projects", "delete", name) == {"deleted": name}
    assert administrator("projects", "show", name).code == 3


def test_packages(pkgctl: CommandLine, package: str) -> None:
    project = package.partition("/")[0]
    pkgctl("packages", "update", package, "--description", "a box").ok()

    assert pkgctl.json("packages", "show", package)["description"] == "a box"
    assert [each["name"] for each in pkgctl.json("packages", project)["items"]] == ["box"]
    pkgctl("packages", "delete", package).ok()
    assert pkgctl.json("packages", project) == {"items": [], "more": False}


class TestDeletingWhatHoldsSomething:
    """A package with bytes and a project with packages ask; programs have to say `--force`."""

    @pytest.fixture(params=["packages", "projects"])
    def target(self, request: pytest.FixtureRequest, pkgctl: CommandLine, filled: str) -> tuple[str, str]:
        """What kind of thing it is, and its name."""
        pkgctl("activate", f"{filled}@1.1.0").ok()
        return request.param, filled if request.param == "packages" else filled.partition("/")[0]

    def test_a_program_is_refused_and_told_what_it_would_lose(
        self, pkgctl: CommandLine, target: tuple[str, str]
    ) -> None:
        kind, name = target

        refused = pkgctl(kind, "delete", name)
        document = pkgctl(kind, "delete", name, "--json").document

        assert refused.code == 5
        holds = {"packages": "activated: 1.1.0, versions: 2", "projects": "packages: 1"}[kind]
        sentence = (
            f"{kind.removesuffix('s')} {name} is not empty ({holds}); --force deletes it with all of them"
        )
        assert refused.err == f"error: {sentence}\n"
        assert document["error"]["facts"]["holds"]
        assert pkgctl(kind, "show", name).code == 0

    def test_force_asks_nothing(self, pkgctl: CommandLine, target: tuple[str, str]) -> None:
        kind, name = target

        assert pkgctl.json(kind, "delete", name, "--force") == {"deleted": name}
        assert pkgctl(kind, "show", name).code == 3

    def test_somebody_at_a_terminal_is_asked(self, pkgctl: CommandLine, target: tuple[str, str]) -> None:
        kind, name = target

        declined = pkgctl.at_terminal(kind, "delete", name, typed="n\n")
        assert (declined.code, declined.out) == (5, "")
        assert "Delete it with all of them? [y/N]" in declined.err
        assert declined.err.endswith("; nothing was deleted\n")
        assert pkgctl(kind, "show", name).code == 0

        confirmed = pkgctl.at_terminal(kind, "delete", name, typed="y\n").ok()
        assert confirmed.out == f"Deleted {kind.removesuffix('s')} {name}\n"
        assert pkgctl(kind, "show", name).code == 3


def test_tags_move_only_as_expected(pkgctl: CommandLine, filled: str) -> None:
    old, new = sha256(b"1.0.0"), sha256(b"1.1.0")
    pkgctl("tags", "set", filled, "stable", "1.0.0", "--expect", "none").ok()

    assert pkgctl("tags", "set", filled, "stable", "1.1.0", "--expect", "none").code == 5
    assert pkgctl("tags", "set", filled, "stable", "1.1.0", "--expect", new).code == 5
    moved = pkgctl.json("tags", "set", filled, "stable", new, "--expect", old)

    assert (moved["artifact_id"], moved["previous"]) == (new, old)
    assert [each["name"] for each in pkgctl.json("tags", filled)["items"]] == ["stable"]
    assert pkgctl("tags", "delete", filled, "stable", "--expect", old).code == 5
    pkgctl("tags", "delete", filled, "stable").ok()
    history = pkgctl.json("tags", "history", filled, "stable", "--limit", "2")
    assert ([each["artifact_id"] for each in history["items"]], history["more"]) == ([None, new], True)


def test_versions_and_resolve(pkgctl: CommandLine, filled: str) -> None:
    assert pkgctl.json("resolve", f"{filled}@version:^1.0")["version"] == "1.1.0"
    assert pkgctl.json("resolve", filled)["artifact_id"] == sha256(b"1.1.0")
    assert pkgctl.json("versions", "show", filled, "1.0.0")["status"] == "downloaded"
    assert pkgctl("versions", "delete", filled, "1.1.0").ok().err == ""
    assert [each["version"] for each in pkgctl.json("versions", filled)["items"]] == ["1.0.0"]


def test_a_warning_of_the_service_is_printed_beside_the_success(pkgctl: CommandLine, filled: str) -> None:
    pkgctl("tags", "set", filled, "stable", "1.0.0").ok()
    pkgctl("tags", "set", filled, "prod", "1.1.0").ok()

    plain = pkgctl("versions", "delete", filled, "1.0.0", "--quiet").ok()
    as_json = pkgctl("releases", "delete", f"{filled}@1.1.0", "--json").ok()

    assert plain.out == f"Deleted version 1.0.0 of {filled}\n"
    assert plain.err == (
        "warning: tag stable still points at the bytes of version 1.0.0; "
        "delete it or move it if they shall go\n"
    )
    assert as_json.document["deleted"]
    assert as_json.err.startswith("warning: tag prod still points at the bytes of version 1.1.0")


def test_lists_go_through_all_pages(
    pkgctl: CommandLine, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pkgctl.api.PAGE_ITEMS", 2)
    for number in range(5):
        (pkgctl.home / f"a-1.0.{number}.bin").write_text("the same")
    pkgctl("upload", package, "*.bin").ok()

    everything = pkgctl.json("versions", package)
    some = pkgctl.json("versions", package, "--limit", "3")

    assert len({each["version"] for each in everything["items"]}) == 5
    assert (len(some["items"]), some["more"], everything["more"]) == (3, True, False)


def test_a_release_from_creation_to_use(pkgctl: CommandLine, package: str) -> None:
    project, _, name = package.partition("/")
    made = pkgctl.json("create", name, "3.0.0", "--project", project)
    number = str(made["id"])
    assert made["status"] == "created"
    assert pkgctl("activate", number).code == 5
    late = pkgctl("status", number, "--wait", "--timeout", "0.3", "--json")
    assert (late.code, late.document["error"]["reason"]) == (6, "not_in_time")

    (pkgctl.home / "a.bin").write_text("three")
    pkgctl("upload", package, "a.bin", "--version", "3.0.0").ok()

    assert pkgctl.json("status", number, "--wait")["status"] == "downloaded"
    assert pkgctl("activate", f"{package}@3.0.0").ok().out == (
        f"Success: Activated package v3.0.0\n{package}@3.0.0\n"
    )
    assert pkgctl.json("resolve", f"{package}@active")["version"] == "3.0.0"
    assert pkgctl("releases", "delete", number).code == 5
    assert pkgctl("deactivate", number).ok().out == (
        f"Success: Deactivated package v3.0.0\n{package}@3.0.0\n"
    )
    assert [each["id"] for each in pkgctl.json("releases", "--project", project)["items"]] == [made["id"]]
    assert pkgctl.json("releases", "delete", number) == {"deleted": made["id"]}


def test_a_release_that_fails_says_why(pkgctl: CommandLine, package: str) -> None:
    # No host is allowed and no catalogue is there: whichever way the service refuses, it says why.
    project, _, name = package.partition("/")
    made = pkgctl("create", name, "1.0.0", "--project", project, "--source", "nix", "--json")
    if made.code == 1:
        assert made.document["error"]["message"]
        return
    number = str(made.ok().document["id"])

    ended = pkgctl("status", number, "--wait", "--timeout", "60", "--json")

    assert (ended.code, ended.document["error"]["reason"]) == (1, "release_failed")
    assert ended.document["error"]["facts"]["error"]
    pkgctl("log", number).ok()
    assert pkgctl("activate", number).code == 5
    pkgctl("retry", number).ok()


def test_keys(administrator: CommandLine) -> None:
    made = administrator("keys", "create", "ci", "--scope", "read", "--expires-in-days", "1").ok()
    key = made.out.strip()
    listed = administrator.json("keys")["items"]
    number = str(next(each["id"] for each in listed if key.startswith(each["prefix"])))

    user = administrator.with_variables(PKGCTL_TOKEN=key)
    assert user.json("whoami")["user"]["email"] == ADMIN_EMAIL
    assert user("keys", "create", "stronger", "--scope", "write").code == 4

    rotated = administrator.json("keys", "rotate", number)
    assert user("whoami").code == 4
    administrator("keys", "delete", str(rotated["id"])).ok()
    assert rotated["id"] not in [each["id"] for each in administrator.json("keys")["items"]]


def test_service_accounts(administrator: CommandLine) -> None:
    project, name = f"team-{next(numbers)}", f"ci-{next(numbers)}"
    administrator("projects", "create", project).ok()
    wish = ("--project", project, "--role", "writer")
    made = administrator.json("service-accounts", "create", name, *wish)
    number = str(made["id"])

    key = administrator("service-accounts", "keys", "create", number, "build", "--scope", "read").ok().out
    robot = administrator.with_variables(PKGCTL_TOKEN=key.strip())
    [listed] = administrator.json("service-accounts", "keys", number)["items"]

    assert f"service:{project}/{name} <no e-mail address>, service account" in robot("whoami").ok().out
    assert (listed["name"], listed["project"]) == ("build", project)
    assert administrator.json("service-accounts", "--project", project)["items"] == [made]
    assert made["id"] not in [each["id"] for each in administrator.json("service-accounts")["items"]]
    administrator("service-accounts", "update", number, "--inactive", "--name", f"{name}-2").ok()
    assert robot("whoami").code == 4
    administrator("service-accounts", "update", number, "--active").ok()
    assert robot("whoami").code == 0
    administrator("service-accounts", "keys", "delete", number, str(listed["id"])).ok()
    assert robot("whoami").code == 4
    assert administrator.json("service-accounts", "show", number)["name"] == f"{name}-2"
    administrator("service-accounts", "delete", number).ok()
    assert administrator("service-accounts", "show", number).code == 3


def test_keys_of_others(administrator: CommandLine) -> None:
    key = administrator("keys", "create", "leaked").ok().out.strip()
    thief = administrator.with_variables(PKGCTL_TOKEN=key)
    user_id = str(administrator.json("whoami")["user"]["id"])
    listed = administrator.json("users", "keys", user_id)["items"]

    number = next(each["id"] for each in listed if key.startswith(each["prefix"]))
    administrator("users", "keys", "delete", user_id, str(number)).ok()

    assert thief("whoami").code == 4


def test_users_and_audit(administrator: CommandLine, server: LiveServer) -> None:
    server.flask("audit-chain")  # each minute by itself, later on a busy machine
    number = next(numbers)
    names = (f"someone-{number}", f"someone-{number}@example.com")
    made = administrator.json("users", "create", *names, "--password-stdin", stdin="a long password\n")
    user_id = str(made["id"])

    changed = administrator.json("users", "update", user_id, "--inactive", "--username", f"other-{number}")

    assert (changed["is_active"], changed["username"]) == (False, f"other-{number}")
    assert administrator.json("users", "show", user_id)["is_active"] is False
    assert made["id"] in [each["id"] for each in administrator.json("users")["items"]]
    administrator("users", "delete", user_id).ok()
    entries = administrator.json("audit", "--object", f"user/{user_id}", "--limit", "1")
    assert entries["items"][0]["object"] == f"user/{user_id}"
    assert administrator.json("audit", "verify")["clean"] is True


def test_jobs_and_tasks(administrator: CommandLine) -> None:
    name = "sweep"
    [task] = [each for each in administrator.json("tasks")["items"] if each["name"] == name]

    assert administrator.json("tasks", "disable", name)["enabled"] is False
    assert administrator.json("tasks", "interval", name, "4321")["interval_seconds"] == 4321
    assert administrator.json("tasks", "enable", name)["enabled"] is True
    assert administrator.json("tasks", "show", name)["interval_seconds"] == 4321
    administrator("tasks", "interval", name, str(task["interval_seconds"])).ok()
    administrator("gc").ok()
    job = administrator.json("jobs", "--limit", "1")["items"][0]
    assert administrator.json("jobs", "show", str(job["id"]), "--wait")["state"] == "done"


def test_given_a_job_that_has_failed_then_waiting_for_it_ends_with_1(
    administrator: CommandLine, server: LiveServer
) -> None:
    administrator("gc").ok()
    number = administrator.json("jobs", "--limit", "1")["items"][0]["id"]
    with (
        contextlib.closing(sqlite3.connect(server.data_dir / "registry.db", timeout=30)) as database,
        database,
    ):
        database.execute("UPDATE jobs SET state = 'failed', error = 'the disk broke' WHERE id = ?", [number])

    waited = administrator("jobs", "show", str(number), "--wait", "--json")

    assert (waited.code, waited.document["error"]["reason"]) == (1, "job_failed")
    assert "the disk broke" in waited.err
    assert administrator.json("jobs", "show", str(number))["state"] == "failed"


def test_figures(administrator: CommandLine) -> None:
    assert set(administrator.json("stats")) == {"database", "cache", "background", "storage"}
    assert "storage.artifacts:" in administrator("stats").ok().out


@pytest.mark.parametrize("command", [["gc"], ["sweep"], ["fsck", "--deep"]])
def test_maintenance_as_a_job(administrator: CommandLine, command: list[str]) -> None:
    assert administrator.json(*command)["clean"] is True


@pytest.mark.parametrize("where", [[], ["--local"]], ids=["as a job", "locally"])
def test_gc_says_what_waits_and_takes_it_now_if_told_so(
    server: LiveServer, administrator: CommandLine, pkgctl: CommandLine, package: str, where: list[str]
) -> None:
    data = f"garbage {next(numbers)}"
    (pkgctl.home / "a.bin").write_text(data)
    pkgctl("upload", package, "a.bin", "--tag", "t").ok()
    pkgctl("tags", "delete", package, "t").ok()
    person = administrator.with_variables(**server.environ)
    digest = sha256(data.encode())

    looked = person("gc", "--dry-run", *where).ok()
    waits = person.json("gc", *where)
    taken = person.json("gc", "--grace", "0", *where)

    row = f"\t{len(data)}\t{digest}\t"
    for said in ("dry_run:", "waiting_bytes:", "GOES AT\tSIZE BYTES\tARTIFACT ID", row):
        assert said in looked.out
    assert "clean" not in looked.out
    (mine,) = [each for each in waits["waiting"] if each["artifact_id"] == digest]
    assert (mine["size_bytes"], waits["clean"]) == (len(data), True)
    assert taken["bytes"] >= len(data)
    assert taken["waiting"] == []
    assert pkgctl("gc", "--grace", "-1").code == 2


@pytest.mark.parametrize("command", [["sweep"], ["fsck", "--max-bytes-per-second", "1000000"]])
def test_maintenance_in_the_servers_own_environment(
    tmp_path: Path, server: LiveServer, command: list[str]
) -> None:
    on_the_server = CommandLine(tmp_path, server.url, server.environ)

    assert on_the_server.json(*command, "--local")["clean"] is True


def test_init_makes_the_schema_and_the_administrator_once(tmp_path: Path) -> None:
    empty = CommandLine(tmp_path, "", {"DATA_DIR": str(tmp_path / "data"), "ADMIN_EMAIL": "me@example.com"})

    first, second = empty.json("init"), empty.json("init")

    assert first["administrator"] == "me@example.com"
    assert len(first["password"]) >= 12
    assert second == {"administrator": None, "password": None}
    assert (tmp_path / "data" / "registry.db").exists()


def test_init_with_a_wrong_setting_names_it(tmp_path: Path) -> None:
    wrong = CommandLine(tmp_path, "", {"DATA_DIR": str(tmp_path / "data"), "PORT": "many"})

    ended = wrong("init")

    assert ended.code in {1, 6}
    assert "PORT" in ended.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(person: CommandLine, shell: str) -> None:
    script = person("completion", shell).ok().out

    assert f"_PKGCTL_COMPLETE={shell}_complete" in script


def test_completion_completes(person: CommandLine) -> None:
    environment = person.with_variables(
        _PKGCTL_COMPLETE="bash_complete", COMP_WORDS="pkgctl tags his", COMP_CWORD="2"
    )

    assert environment.process().ok().out.strip() == "plain,history"


def test_the_command_of_a_checkout_works_from_any_folder(pkgctl: CommandLine) -> None:
    backend = Path(__file__).resolve().parents[3]
    command = f"{shlex.quote(str(backend / 'tools' / 'pkgctl'))} --version"

    done = subprocess.run(
        ["bash", "-c", command], cwd=pkgctl.home, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("pkgctl, version ")
