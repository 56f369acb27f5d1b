"""What npm, pnpm, yarn 1 and yarn 4 do alike: cold caches, tags, each kind of credential, age gates."""

import base64
import re
from pathlib import Path

import pytest

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.node_clients import PROGRAMS
from tests.support.node_machines import NodeMachine, ToldByClient
from tests.support.node_registry import escaped

FROM_LOCK = {
    "npm": ["ci"],
    "pnpm": ["install", "--frozen-lockfile"],
    "yarn1": ["install", "--frozen-lockfile"],
    "yarn4": ["install", "--immutable"],
}
LOCKS = {"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn1": "yarn.lock", "yarn4": "yarn.lock"}
each_client = pytest.mark.parametrize("client", PROGRAMS)


@pytest.fixture
def project(admin: ApiClient) -> str:
    """A fresh private project."""
    name = f"node-{next(numbers)}"
    admin.post("/api/v1/projects", {"name": name}).ok()
    return name


@pytest.fixture
def machine(server: LiveServer, admin_token: str, project: str, tmp_path: Path) -> NodeMachine:
    """Clients of that project's registry, in the folder of whoever publishes."""
    return NodeMachine(server, project, admin_token, tmp_path / "nowhere").in_folder("publisher")


def publish(machine: NodeMachine, client: str, name: str, version: str = "1.0.0", *more: str) -> ToldByClient:
    """Publish a package with a client."""
    machine.write_package(name, version, f"module.exports = {version!r}\n")
    if client == "yarn4":  # it wants to know its workspace
        machine.run(client, "install").ok()
    return machine.publish(client, *more)


def consumer(machine: NodeMachine, **dependencies: str) -> NodeMachine:
    """Return somebody else's project that needs packages."""
    other = machine.in_folder(f"consumer-{next(numbers)}")
    other.write_consumer(**dependencies)
    return other


def integrity(machine: NodeMachine, name: str, version: str = "1.0.0") -> str:
    """Return what our own answer says of a tarball's bytes."""
    client = machine.server.client(machine.key)
    found = client.get(f"/npm/{machine.project}/{escaped(name)}/{version}").ok().data
    return str(found["dist"]["integrity"])


class TestPublishingAndInstalling:
    @each_client
    @pytest.mark.parametrize("name", ["h7-plain", "@h7/scoped"])
    def test_given_a_package_then_it_is_published_and_installed_also_by_a_machine_that_has_nothing(
        self, machine: NodeMachine, client: str, name: str
    ) -> None:
        publish(machine, client, name).ok()
        other = consumer(machine, **{name: "^1.0.0"})

        other.run(client, "install").ok()
        installed = other.folder / "node_modules" / name / "index.js"
        assert installed.read_text() == "module.exports = '1.0.0'\n"
        lock = (other.folder / LOCKS[client]).read_text()
        if client != "yarn4":  # whose own digest is of an archive that it makes itself
            assert integrity(machine, name) in lock
        other.forget()
        other.run(client, *FROM_LOCK[client]).ok()
        assert installed.exists()
        assert (other.folder / LOCKS[client]).read_text() == lock

    @each_client
    def test_given_a_version_that_is_there_then_other_bytes_are_refused(
        self, machine: NodeMachine, client: str
    ) -> None:
        publish(machine, client, "@h7/lib").ok()
        machine.write_package("@h7/lib", "1.0.0", "module.exports = 'other'\n")

        refused = machine.publish(client)

        assert refused.code != 0
        before = integrity(machine, "@h7/lib")
        other = consumer(machine, **{"@h7/lib": "1.0.0"})
        other.run(client, "install").ok()
        assert "1.0.0" in (other.folder / "node_modules/@h7/lib/index.js").read_text()
        assert integrity(machine, "@h7/lib") == before

    @pytest.mark.parametrize("client", ["yarn1", "yarn4"])
    def test_given_the_same_bytes_again_then_it_is_a_success(self, machine: NodeMachine, client: str) -> None:
        publish(machine, client, "@h7/lib").ok()

        machine.publish(client).ok()

    @each_client
    def test_given_dependencies_then_they_come_too(self, machine: NodeMachine, client: str) -> None:
        publish(machine, client, "@h7/inner").ok()
        machine.write_package("@h7/outer", "1.0.0", dependencies={"@h7/inner": "^1.0.0"})
        if client == "yarn4":
            machine.run(client, "install").ok()
        machine.publish(client).ok()

        other = consumer(machine, **{"@h7/outer": "1.x"})
        other.run(client, "install").ok()

        lock = (other.folder / LOCKS[client]).read_text()
        assert "@h7/inner" in lock


class TestTags:
    @each_client
    def test_given_a_version_under_a_tag_then_only_who_names_it_gets_it(
        self, machine: NodeMachine, client: str
    ) -> None:
        publish(machine, client, "@h7/lib").ok()
        publish(machine, client, "@h7/lib", "2.0.0-beta.1", "--tag", "next").ok()

        usual, daring = consumer(machine, **{"@h7/lib": "*"}), consumer(machine, **{"@h7/lib": "next"})
        for other in (usual, daring):
            other.run(client, "install").ok()

        assert "1.0.0" in (usual.folder / "node_modules/@h7/lib/index.js").read_text()
        assert "beta" in (daring.folder / "node_modules/@h7/lib/index.js").read_text()

    def test_given_yarn_then_tags_are_listed_and_moved(self, machine: NodeMachine) -> None:
        publish(machine, "yarn4", "@h7/lib").ok()

        machine.run("yarn4", "npm", "tag", "add", "@h7/lib@1.0.0", "stable").ok()
        machine.run("yarn1", "tag", "add", "@h7/lib@1.0.0", "older").ok()

        assert "stable" in machine.run("yarn1", "tag", "list", "@h7/lib").ok().out
        assert "older" in machine.run("yarn4", "npm", "tag", "list", "@h7/lib").ok().out


class TestWhatIsSaidOfVersions:
    def test_given_npm_view_then_everything_is_there(self, machine: NodeMachine) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        publish(machine, "npm", "@h7/lib", "1.1.0").ok()

        seen = machine.run("npm", "view", "@h7/lib", "--json").ok().json

        assert (seen["name"], seen["version"], seen["versions"]) == ("@h7/lib", "1.1.0", ["1.0.0", "1.1.0"])
        assert seen["dist-tags"] == {"latest": "1.1.0"}
        assert set(seen["time"]) == {"created", "modified", "1.0.0", "1.1.0"}
        assert seen["dist"]["tarball"].startswith(machine.registry)
        assert seen["dist"]["integrity"] == integrity(machine, "@h7/lib", "1.1.0")
        assert machine.run("pnpm", "view", "@h7/lib", "version").ok().out == "1.1.0\n"
        assert '"1.1.0"' in machine.run("yarn1", "info", "@h7/lib", "--json").ok().out
        assert '"1.1.0"' in machine.run("yarn4", "npm", "info", "@h7/lib", "--json").ok().out

    @pytest.mark.parametrize("client", ["npm", "pnpm", "yarn1"])
    def test_given_a_newer_version_then_outdated_tells(self, machine: NodeMachine, client: str) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        other.run(client, "install").ok()
        publish(machine, "npm", "@h7/lib", "1.1.0").ok()

        outdated = other.run(client, "outdated")

        assert "1.1.0" in outdated.said

    def test_given_npm_search_then_it_finds(self, machine: NodeMachine) -> None:
        publish(machine, "npm", "@h7/lib").ok()

        [found] = machine.run("npm", "search", "lib", "--json").ok().json

        assert (found["name"], found["version"]) == ("@h7/lib", "1.0.0")
        assert machine.run("npm", "search", "nothing", "--json").ok().json == []


class TestAudit:
    def test_given_no_audit_then_installing_goes_on_and_an_audit_says_so(self, machine: NodeMachine) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "1"})

        installed = other.run("npm", "install", "--audit").ok()
        audited = other.run("npm", "audit")

        assert "found 0 vulnerabilities" not in installed.said
        assert audited.code != 0
        assert "this registry offers no audit" in audited.said
        assert other.run("pnpm", "audit").code != 0


class TestCredentials:
    @each_client
    def test_given_a_private_project_then_only_with_a_credential(
        self, machine: NodeMachine, client: str
    ) -> None:
        publish(machine, client, "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        stranger = NodeMachine(machine.server, machine.project, None, other.folder)

        stranger.write_settings()
        without = stranger.run(client, "install")
        other.write_settings()
        wrong = NodeMachine(machine.server, machine.project, "wxr_wrong", other.folder)
        wrong.write_settings()
        refused = wrong.run(client, "install")
        other.write_settings()
        other.forget()

        assert without.code != 0
        assert refused.code != 0
        done = other.run(client, "install").ok()
        assert machine.key is not None
        assert machine.key not in done.said

    @each_client
    def test_given_a_public_project_then_without_one(
        self, machine: NodeMachine, admin: ApiClient, client: str
    ) -> None:
        publish(machine, client, "@h7/lib").ok()
        admin.patch(f"/api/v1/project/{machine.project}", {"is_public": True}).ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        stranger = NodeMachine(machine.server, machine.project, None, other.folder)
        stranger.write_settings()
        if client == "yarn4":
            settings = (other.folder / ".yarnrc.yml").read_text()
            stranger.write(".yarnrc.yml", settings.replace("npmAlwaysAuth: true", "npmAlwaysAuth: false"))

        stranger.run(client, "install").ok()

    @pytest.mark.parametrize("client", ["npm", "pnpm", "yarn1"])
    def test_given_the_key_as_the_password_of_basic_then_it_is_as_good(
        self, machine: NodeMachine, client: str
    ) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        pair = base64.b64encode(f"ci:{machine.key}".encode()).decode()
        place = other.host
        settings = f"registry={other.registry}\n{place}:_auth={pair}\n{place}:always-auth=true\n"
        other.write(".npmrc", settings)

        other.run(client, "install").ok()


class TestScopesOfYarn:
    def test_given_where_a_scope_is_published_then_yarn_4_publishes_and_installs_there(
        self, machine: NodeMachine
    ) -> None:
        machine.write_scope_of_yarn(f'npmPublishRegistry: "{machine.registry}"')
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        other.write_scope_of_yarn()

        publish(machine, "yarn4", "@h7/lib").ok()

        other.run("yarn4", "install").ok()
        assert (other.folder / "node_modules/@h7/lib/index.js").read_text() == "module.exports = '1.0.0'\n"

    def test_given_only_where_it_is_read_then_yarn_4_publishes_to_the_default_and_not_here(
        self, machine: NodeMachine
    ) -> None:
        machine.write_scope_of_yarn()

        refused = publish(machine, "yarn4", "@h7/lib")

        assert refused.code != 0
        assert "Publishing to http://127.0.0.1:1 " in refused.said


class TestAgeGates:
    def test_given_yarn_4_by_itself_then_what_is_fresh_is_quarantined_until_it_is_approved(
        self, machine: NodeMachine
    ) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        settings = (other.folder / ".yarnrc.yml").read_text()
        other.write(".yarnrc.yml", re.sub("npmPreapprovedPackages.*\n", "", settings))

        refused = other.run("yarn4", "install")
        other.write(".yarnrc.yml", settings)

        assert refused.code != 0
        assert "quarantined" in refused.said
        other.run("yarn4", "install").ok()

    def test_given_pnpm_with_an_age_then_what_is_excluded_is_installed(self, machine: NodeMachine) -> None:
        publish(machine, "npm", "@h7/lib").ok()
        other = consumer(machine, **{"@h7/lib": "^1.0.0"})
        other.write("pnpm-workspace.yaml", "minimumReleaseAge: 1440\n")

        refused = other.run("pnpm", "install")
        other.write("pnpm-workspace.yaml", "minimumReleaseAge: 1440\nminimumReleaseAgeExclude: ['@h7/*']\n")

        assert refused.code != 0
        other.run("pnpm", "install").ok()
