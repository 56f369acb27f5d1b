"""The commands of the server: what they make, what they print, and that they may be run again."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, update

from tests.support.apps import environment
from tests.support.client import ApiClient, sender
from wxcloudrun.app import create_app
from wxcloudrun.commands import migrate_schema
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import Base, db, reading, transaction
from wxcloudrun.projects.models import Project
from wxcloudrun.users.models import User

GOOD_SECRET = "k9Qz-3mV_x7Lr2Tn8Wb5Yc1Hd6Jf4Gp0Sa"
TAKES_A_VALUE = frozenset({"-X", "-d", "--data-binary", "-T"})
PASSWORD = "a-good-password-of-the-administrator"

Install = Callable[..., Flask]


@pytest.fixture
def first_install(tmp_path: Path) -> Iterator[Install]:
    """Build the application over a database file that is not there yet, or over what is there."""
    made: list[Flask] = []

    def build(**changes: str) -> Flask:
        environ = {
            **environment(".env.unit"),
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path}/registry.db",
            **changes,
        }
        made.append(create_app(Settings.from_env(environ)))
        return made[-1]

    yield build
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file to which every migration was applied, which takes longer than most tests here."""
    directory = tmp_path_factory.mktemp("migrated")
    file = directory / "registry.db"
    settings = {"DATA_DIR": str(directory), "DATABASE_URL": f"sqlite:///{file}"}
    app = create_app(Settings.from_env({**environment(".env.unit"), **settings}))
    with app.app_context():
        migrate_schema()
        db.engine.dispose()
    return file


@pytest.fixture
def install(first_install: Install, migrated: Path, tmp_path: Path) -> Install:
    """Build the application over a database file with empty tables, or over what is there."""
    shutil.copy(migrated, tmp_path / "registry.db")
    return first_install


def run(app: Flask, command: str) -> Result:
    """Run one command as `flask <command>` does."""
    return app.test_cli_runner().invoke(args=[command])


def succeeded(result: Result) -> str:
    """Return what a command printed that worked."""
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def count(app: Flask, kind: type[Base]) -> int:
    """Count the rows of a table."""
    with app.app_context(), reading() as session:
        return session.execute(select(func.count()).select_from(kind)).scalar_one()


def log_in(app: Flask, password: str) -> ApiClient:
    """Log the administrator in."""
    client = ApiClient(sender(app))
    answer = client.post("/api/v1/auth/login", {"email": "admin@example.com", "password": password}).ok()
    return client.as_(answer.data["access_token"])


class TestInit:
    def test_it_makes_all_that_a_server_needs(self, first_install: Install) -> None:
        app = first_install(ADMIN_PASSWORD=PASSWORD)

        succeeded(run(app, "init"))

        administrator = log_in(app, PASSWORD)
        assert administrator.get("/api/v1/auth/me").ok().data["is_admin"] is True
        default = administrator.get("/api/v1/project/default").ok().data
        assert (default["is_public"], default["role"]) == (False, "owner")
        assert administrator.as_(None).get("/api/ready").status == 200

    def test_a_second_time_it_changes_nothing(self, install: Install) -> None:
        app = install(ADMIN_PASSWORD=PASSWORD)
        succeeded(run(app, "init"))
        log_in(app, PASSWORD).post("/api/v1/projects", {"name": "tools"}).ok()

        again = succeeded(run(install(ADMIN_PASSWORD="another-password"), "init"))

        assert "password" not in again
        assert (count(app, User), count(app, Project)) == (1, 2)
        assert log_in(app, PASSWORD).get("/api/v1/project/tools").status == 200

    def test_a_generated_password_is_printed_once_and_works(self, install: Install) -> None:
        app = install()

        first, second = succeeded(run(app, "init")), succeeded(run(app, "init"))

        (password,) = re.findall(r"^password:\s+(\S+)", first, re.MULTILINE)
        assert "admin@example.com" in first
        assert len(password) >= 16
        assert log_in(app, password).get("/api/v1/auth/me").status == 200
        assert password not in second

    @pytest.mark.parametrize(
        ("elsewhere", "sentence"),
        [
            ({"DATABASE_URL": "mysql+pymysql://someone:hidden-word@127.0.0.1:1/x"}, "the database failed: "),
            (
                {
                    "BLOB_STORE": "minio",
                    "MINIO_ENDPOINT": "127.0.0.1:1",
                    "MINIO_ACCESS_KEY": "someone",
                    "MINIO_SECRET_KEY": "hidden-word",
                },
                "the blob store failed: ",
            ),
        ],
    )
    def test_what_does_not_answer_is_named_in_one_sentence(
        self, install: Install, elsewhere: dict[str, str], sentence: str
    ) -> None:
        result = run(install(ADMIN_PASSWORD=PASSWORD, **elsewhere), "init")

        assert result.exit_code == 2, result.exception
        assert result.output.splitlines()[-1].startswith(sentence)
        assert "hidden-word" not in result.output

    def test_a_given_password_is_not_printed(self, install: Install) -> None:
        assert PASSWORD not in succeeded(run(install(ADMIN_PASSWORD=PASSWORD), "init"))

    def test_a_default_project_that_was_deleted_comes_back_empty(self, install: Install) -> None:
        app = install(ADMIN_PASSWORD=PASSWORD)
        succeeded(run(app, "init"))
        log_in(app, PASSWORD).delete("/api/v1/project/default").ok()

        succeeded(run(app, "init"))

        assert log_in(app, PASSWORD).get("/api/v1/project/default").status == 200

    def test_somebody_who_has_the_address_already_is_not_made_an_administrator(
        self, install: Install
    ) -> None:
        app = install(ADMIN_EMAIL="first@example.com", ADMIN_PASSWORD=PASSWORD)
        succeeded(run(app, "init"))
        taken = {"email": "admin@example.com", "password": "a password of mine"}
        ApiClient(sender(app)).post("/api/v1/auth/register", taken).ok()
        with app.app_context(), transaction() as tx:
            tx.session.execute(update(User).where(User.is_admin).values(is_active=False))

        result = run(install(ADMIN_PASSWORD=PASSWORD), "init")

        assert result.exit_code != 0
        assert "ADMIN_EMAIL" in result.output
        assert "Traceback" not in result.output
        assert log_in(app, "a password of mine").get("/api/v1/auth/me").ok().data["is_admin"] is False

    def test_an_administrator_whose_address_changed_is_still_the_only_one(self, install: Install) -> None:
        app = install(ADMIN_PASSWORD=PASSWORD)
        succeeded(run(app, "init"))
        administrator = log_in(app, PASSWORD)
        with app.app_context(), transaction() as tx:
            tx.session.execute(update(User).values(email="moved@example.com"))
        administrator.delete("/api/v1/project/default").ok()

        again = run(app, "init")

        assert "administrator" not in succeeded(again)
        assert count(app, User) == 1
        assert administrator.get("/api/v1/project/default").ok().data["role"] == "owner"
        assert "curl" in succeeded(run(app, "welcome"))

    def test_an_impossible_address_is_a_sentence(self, install: Install) -> None:
        result = run(install(ADMIN_EMAIL="somebody@example..com", ADMIN_PASSWORD=PASSWORD), "init")

        assert result.exit_code != 0
        assert "ADMIN_EMAIL" in result.output


class TestWelcome:
    def test_it_prints_three_commands_whose_key_works(self, install: Install) -> None:
        app = install(ADMIN_PASSWORD=PASSWORD, PUBLIC_URL="https://registry.example")
        succeeded(run(app, "init"))

        output = succeeded(run(app, "welcome"))

        commands = [line for line in output.splitlines() if "curl " in line]
        assert len(commands) == 3
        assert all("https://registry.example/api/v1/project/default" in command for command in commands)
        assert {carried_out(app, command) for command in commands} == {200}
        assert "The registry is at https://registry.example/ " in output

    def test_its_key_is_named_bound_and_made_at_the_first_start_only(self, install: Install) -> None:
        app = install(ADMIN_PASSWORD=PASSWORD)
        succeeded(run(app, "init"))
        succeeded(run(app, "welcome"))
        (key,) = log_in(app, PASSWORD).get("/api/v1/auth/keys").ok().items
        assert (key["name"], key["project"]) == ("make run", "default")

        second = succeeded(run(app, "welcome"))
        log_in(app, PASSWORD).delete(f"/api/v1/auth/keys/{key['id']}").ok()
        third = succeeded(run(install(), "welcome"))

        assert log_in(app, PASSWORD).get("/api/v1/auth/keys").ok().items == []
        assert second == third
        assert "The registry is at " in second
        assert f"pkgctl login {app.extensions['settings'].base_url} --email admin@example.com`" in second
        assert "Log in there" not in second
        assert "Bearer" not in second

    def test_before_init_it_says_what_to_do(self, first_install: Install) -> None:
        result = run(first_install(), "welcome")

        assert result.exit_code != 0
        assert "flask init" in result.output

    def test_in_production_it_refuses(self, install: Install) -> None:
        app = install(
            APP_ENV="production",
            JWT_SECRET_KEY=GOOD_SECRET,
            API_KEY_SECRET=GOOD_SECRET[::-1],
            ADMIN_PASSWORD=PASSWORD,
        )
        succeeded(run(app, "init"))

        result = run(app, "welcome")

        assert result.exit_code != 0
        assert "development" in result.output
        assert "Bearer" not in result.output


def carried_out(app: Flask, command: str) -> int:
    """Do what a command line with curl does, and return the status of the answer."""
    words = shlex.split(command)
    words = words[words.index("curl") + 1 :]
    taking = {word: words[number + 1] for number, word in enumerate(words) if word in TAKES_A_VALUE}
    headers = [words[number + 1] for number, word in enumerate(words) if word == "-H"]
    (url,) = (word for word in words if word.startswith("https://"))
    implied = "PUT" if "-T" in taking else "POST" if {"-d", "--data-binary"} & set(taking) else "GET"
    body = taking.get("-d") or taking.get("--data-binary") or taking.get("-T") or ""
    return (
        ApiClient(sender(app))
        .request(
            taking.get("-X", implied),
            url.removeprefix("https://registry.example"),
            headers=dict(header.split(": ", 1) for header in headers),
            data=body.encode(),
        )
        .status
    )
