"""pip, uv, twine, poetry, hatch and pypi-simple, unmodified, publish to the service and install from it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.python_clients import PythonClients
from tests.support.python_index import PythonDistribution, core_metadata, wheel_of
from tests.unit.formats.samples import tar_gz

SENTENCE = "File already exists: other bytes hold"
FILES, PAGES = "/pypi/<project>/files/<digest>/<filename>", "/pypi/<project>/simple/<name>/"
STRICT = """
import json, sys
from pypi_simple import PyPISimple
with PyPISimple(sys.argv[1]) as index:
    page = index.get_project_page("Hello_H7")
    print(json.dumps([page.project, page.repository_version, [
        [each.filename, each.digests["sha256"], each.size, each.has_metadata, each.version, each.is_yanked]
        for each in page.packages
    ], index.get_index_page().projects]))
"""


def source(name: str = "hello_h7", version: str = "1.0") -> PythonDistribution:
    """Return a source distribution that can be built without anything else from an index."""
    folder = f"{name}-{version}"
    files = {
        f"{folder}/PKG-INFO": core_metadata(name, version),
        f"{folder}/pyproject.toml": b'[build-system]\nrequires = ["setuptools"]\n'
        b'build-backend = "setuptools.build_meta"\n'
        + f'[project]\nname = "{name}"\nversion = "{version}"\n'.encode(),
        f"{folder}/{name}/__init__.py": b"",
    }
    return PythonDistribution(f"{folder}.tar.gz", tar_gz(files))


@pytest.fixture
def project(admin: ApiClient) -> str:
    """A fresh private project."""
    name = f"python-{next(numbers)}"
    admin.post("/api/v1/projects", {"name": name}).ok()
    return name


@pytest.fixture
def clients(server: LiveServer, admin_token: str, project: str, tmp_path: Path) -> PythonClients:
    """Clients of that project's index."""
    return PythonClients(server, project, admin_token, tmp_path)


WHEEL = wheel_of(content=b"GREETING = 'hello'\n", requires_python=">=3.8")
OTHER = PythonDistribution(WHEEL.filename, wheel_of(content=b"other\n").data)


def uv_publish(clients: PythonClients, path: str, *more: str) -> tuple[int, str]:
    """Publish with uv."""
    url = f"{clients.base}/legacy/"
    done = clients.run("uv", "publish", "--publish-url", url, "--token", clients.key, *more, path)
    return done.returncode, done.stdout + done.stderr


class TestPublishing:
    def test_given_twine_then_twice_is_a_success_and_other_bytes_are_told(
        self, clients: PythonClients
    ) -> None:
        paths = clients.put(WHEEL, source())
        first, again = clients.twine(*paths), clients.twine(*paths)
        assert (first.returncode, again.returncode) == (0, 0), first.stdout + first.stderr + again.stdout

        clients.put(OTHER)
        refused = clients.twine(paths[0])

        assert refused.returncode == 1
        assert SENTENCE in "".join((refused.stdout + refused.stderr).split("\n")).replace("  ", " ")

    @pytest.mark.parametrize("url", ["/simple/", "/", "/legacy/x"])
    def test_given_twine_with_a_wrong_address_then_it_does_not_believe_in_a_success(
        self, clients: PythonClients, url: str
    ) -> None:
        (path,) = clients.put(WHEEL)
        arguments = ("--non-interactive", "--repository-url", f"{clients.base}{url}", "-u", "__token__")

        done = clients.run("twine", "upload", *arguments, "-p", clients.key, path)

        assert done.returncode == 1

    def test_given_uv_then_it_publishes_skips_and_refuses(self, clients: PythonClients) -> None:
        (path,) = clients.put(WHEEL)
        check = ("--check-url", clients.simple)

        for more in ((), (), check):
            code, said = uv_publish(clients, path, *more)
            assert code == 0, said
        assert "already exists, skipping" in said

        clients.put(OTHER)
        for more in ((), check):
            code, said = uv_publish(clients, path, *more)
            assert code != 0
        code, said = uv_publish(clients, path)
        assert SENTENCE in said

    def test_given_poetry_then_it_publishes_and_skips_what_exists(self, clients: PythonClients) -> None:
        (clients.folder / "pyproject.toml").write_text(
            '[project]\nname = "hello-h7"\nversion = "1.0"\ndescription = ""\n'
            '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
        )
        clients.put(WHEEL)
        environ = {
            "POETRY_REPOSITORIES_OURS_URL": f"{clients.base}/legacy/",
            "POETRY_HTTP_BASIC_OURS_USERNAME": "__token__",
            "POETRY_HTTP_BASIC_OURS_PASSWORD": clients.key,
        }

        def publish(*more: str) -> tuple[int, str]:
            done = clients.run("poetry", "publish", "--no-interaction", "-r", "ours", *more, **environ)
            return done.returncode, done.stdout + done.stderr

        for _ in range(2):
            code, said = publish()
            assert code == 0, said
        clients.put(OTHER)
        code, said = publish()
        assert code != 0
        assert SENTENCE in said
        code, said = publish("--skip-existing")
        assert code == 0
        assert "File exists. Skipping" in said

    def test_given_hatch_then_it_publishes(self, clients: PythonClients) -> None:
        (path,) = clients.put(WHEEL)

        done = clients.run(
            "hatch", "publish", "-n", "-r", f"{clients.base}/legacy/", "-u", "__token__", "-a", clients.key,
            path,
        )  # fmt: skip

        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def stocked(clients: PythonClients) -> PythonClients:
    """An index with a wheel that needs another one, and a source distribution."""
    needing = wheel_of("needs_it", "2.0", requires_dist="Hello.H7>=1")
    done = clients.twine(*clients.put(WHEEL, source(), needing))
    assert done.returncode == 0, done.stdout + done.stderr
    return clients


def install(clients: PythonClients, *wanted: str, url: str | None = None) -> tuple[int, str]:
    """Install with pip into a folder."""
    done = clients.run(
        "pip", "install", "-v", "--target", "site", "--upgrade", "--trusted-host", "127.0.0.1", "-i",
        url or clients.simple, *wanted,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


class TestInstalling:
    def test_given_pip_and_a_name_in_another_spelling_then_it_installs_with_dependencies(
        self, stocked: PythonClients
    ) -> None:
        code, said = install(stocked, "Needs.It")

        assert code == 0, said
        assert (stocked.folder / "site/hello_h7/__init__.py").read_text() == "GREETING = 'hello'\n"

    def test_given_pip_a_second_time_then_pages_are_304(self, stocked: PythonClients) -> None:
        assert install(stocked, "hello-h7")[0] == 0
        since = stocked.lines()

        code, said = install(stocked, "hello-h7")

        assert code == 0, said
        assert ("GET", PAGES, 304) in stocked.requests(since)
        assert ("GET", PAGES, 200) not in stocked.requests(since)

    def test_given_pip_that_builds_then_it_takes_the_source(self, stocked: PythonClients) -> None:
        done = stocked.run(
            "pip", "download", "--no-binary", ":all:", "--no-build-isolation", "--no-deps", "-d", "got",
            "-i", stocked.simple, "Hello_H7",
        )  # fmt: skip

        assert done.returncode == 0, done.stdout + done.stderr
        assert (stocked.folder / "got/hello_h7-1.0.tar.gz").read_bytes() == source().data

    def test_given_pip_index_then_it_lists_the_versions(self, stocked: PythonClients) -> None:
        done = stocked.run("pip", "index", "versions", "-i", stocked.simple, "hello-h7")

        assert "Available versions: 1.0" in done.stdout, done.stderr

    def test_given_a_yanked_version_then_only_its_exact_number_installs(
        self, stocked: PythonClients, admin: ApiClient
    ) -> None:
        url = f"/api/v1/project/{stocked.project}/pypi:hello-h7/versions/1.0"
        admin.patch(url, {"yanked": "loses data"}).ok()

        refused, _ = install(stocked, "hello-h7")
        code, said = install(stocked, "hello-h7==1.0")

        assert refused != 0
        assert code == 0, said
        assert "loses data" in said

    def test_given_uv_then_it_compiles_from_metadata_alone_and_syncs(self, stocked: PythonClients) -> None:
        (stocked.folder / "in.txt").write_text("needs-it\n")
        since = stocked.lines()

        compiled = stocked.run(
            "uv", "pip", "compile", "--generate-hashes", "--index-url", stocked.simple, "in.txt", "-o",
            "out.txt",
        )  # fmt: skip
        assert compiled.returncode == 0, compiled.stderr
        assert WHEEL.digest in (stocked.folder / "out.txt").read_text()
        asked = stocked.requests(since)
        assert {status for _, route, status in asked if route == FILES} == {200}
        assert sum(route == FILES for _, route, _ in asked) == 2  # of each wheel its .metadata

        synced = stocked.run(
            "uv", "pip", "sync", "--require-hashes", "--target", "synced", "--index-url", stocked.simple,
            "out.txt",
        )  # fmt: skip
        assert synced.returncode == 0, synced.stderr
        assert (stocked.folder / "synced/hello_h7/__init__.py").exists()

    def test_given_a_strict_parser_then_it_finds_everything(self, stocked: PythonClients) -> None:
        done = stocked.run("python", "-c", STRICT, stocked.simple)

        project, version, files, projects = json.loads(done.stdout or done.stderr)
        assert (project, version, projects) == ("hello-h7", "1.4", ["hello-h7", "needs-it"])
        assert files == [
            [WHEEL.filename, WHEEL.digest, len(WHEEL.data), True, "1.0", False],
            ["hello_h7-1.0.tar.gz", source().digest, len(source().data), False, "1.0", False],
        ]


def with_pip(clients: PythonClients, url: str) -> tuple[int, str]:
    """Install with pip."""
    return install(clients, "hello-h7", url=url)


def with_uv(clients: PythonClients, url: str) -> tuple[int, str]:
    """Install with uv."""
    done = clients.run("uv", "pip", "install", "--target", "site", "--index-url", url, "hello-h7")
    return done.returncode, done.stdout + done.stderr


class TestCredentials:
    @pytest.mark.parametrize("client", [with_pip, with_uv])
    def test_given_a_private_project_then_only_with_a_credential(
        self, stocked: PythonClients, client: Callable[[PythonClients, str], tuple[int, str]]
    ) -> None:
        wrong = stocked.simple.replace(stocked.key, "wxr_wrong")

        assert client(stocked, f"{stocked.base}/simple/")[0] != 0
        assert client(stocked, wrong)[0] != 0
        code, said = client(stocked, stocked.simple)
        assert code == 0, said
        assert stocked.key not in said

    @pytest.mark.parametrize("client", [with_pip, with_uv])
    def test_given_a_public_project_then_without_one(
        self,
        stocked: PythonClients,
        admin: ApiClient,
        client: Callable[[PythonClients, str], tuple[int, str]],
    ) -> None:
        admin.patch(f"/api/v1/project/{stocked.project}", {"is_public": True}).ok()

        code, said = client(stocked, f"{stocked.base}/simple/")

        assert code == 0, said
