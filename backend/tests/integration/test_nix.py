"""Releases built by the real nix-build: what comes out of them, and every way in which they fail."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.inside import Inside
from tests.support.nix import CATALOG, imported, need_nix
from wxcloudrun.config import BACKEND_DIR
from wxcloudrun.kit import clock
from wxcloudrun.releases.errors import NotObtained
from wxcloudrun.releases.gateway.nix import NixGateway, NixSettings
from wxcloudrun.releases.gateway.port import Wanted, Watch
from wxcloudrun.releases.rules.build_log import BuildLog
from wxcloudrun.releases.rules.sources import NixSource

RELEASES = "/api/v1/packages"
PATIENCE_SECONDS = 20


@pytest.fixture(autouse=True)
def _nix() -> None:
    need_nix()


def stop_nothing() -> None:
    """Let a build go on."""


class Builder:
    """A gateway with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.log = BuildLog()
        self.settings = NixSettings(
            directory=folder / "nix",
            catalog=CATALOG,
            store="private",
            sandbox="auto",
            timeout_seconds=60,
            silence_seconds=60,
        )

    def build(
        self, name: str, version: str = "1.0.0", look: Callable[[], None] = stop_nothing, **changes: object
    ) -> bytes:
        """Build and return the export."""
        self.log = BuildLog()
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]  # of the fields' own types
        wanted = Wanted(name, version, NixSource())
        with NixGateway(self.settings).obtain(wanted, Watch(self.log, look)) as material:
            return b"".join(material.blocks)

    def refusal(self, name: str, version: str = "1.0.0", **changes: Any) -> str:
        """Return the sentence with which a build fails."""
        with pytest.raises(NotObtained) as refused:
            self.build(name, version, **changes)
        return str(refused.value)

    @property
    def said(self) -> str:
        """The log."""
        return self.log.text().decode()

    @property
    def store(self) -> Path:
        """Where the store is."""
        return self.settings.directory / "store"


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    """A gateway with a fresh store."""
    return Builder(tmp_path)


class TestSuccess:
    def test_given_an_expression_then_its_export_can_be_imported_elsewhere_and_runs(
        self, builder: Builder, tmp_path: Path
    ) -> None:
        export = builder.build("hello", "1.2.3-rc.1+build.5")

        (path,) = imported(export, builder.store, tmp_path / "elsewhere")
        said = subprocess.run([path / "bin" / "hello"], check=True, capture_output=True).stdout
        assert said == b"hello 1.2.3-rc.1+build.5\n"
        assert path.name.endswith("-hello-1.2.3-rc.1+build.5")
        assert "building hello 1.2.3-rc.1+build.5" in builder.said

    def test_given_dependencies_then_the_export_holds_the_whole_closure(
        self, builder: Builder, tmp_path: Path
    ) -> None:
        export = builder.build("greeter")

        paths = imported(export, builder.store, tmp_path / "elsewhere")
        assert sorted(path.name.partition("-")[2] for path in paths) == ["greeter-1.0.0", "hello-1.0.0"]
        greeter = next(path for path in paths if path.name.endswith("greeter-1.0.0"))
        hello = next(path for path in paths if path.name.endswith("hello-1.0.0"))
        assert (greeter / "program").read_text() == f"{builder.store / hello.name}/bin/hello\n"

    def test_given_the_same_build_again_then_the_same_bytes_come_at_once(self, builder: Builder) -> None:
        first = builder.build("hello")

        assert builder.build("hello") == first
        assert "building hello 1.0.0" not in builder.said, "it was not built twice"

    def test_given_a_build_then_the_log_says_whether_it_was_shut_in(self, builder: Builder) -> None:
        builder.build("hello")
        assert "registry: sandbox = " in builder.said

        builder.build("hello", "2.0.0", sandbox="false")
        assert "registry: sandbox = false\n" in builder.said

    def test_given_a_build_then_its_root_keeps_it_from_the_collector_only_until_its_end(
        self, builder: Builder
    ) -> None:
        seen: list[int] = []
        roots = builder.settings.directory / "roots"

        builder.build("hello", look=lambda: seen.append(len(list(roots.glob("*/result")))))

        assert seen[-1] == 1, "while the closure is exported there is a root"
        assert list(roots.iterdir()) == []

    @pytest.mark.parametrize("days", [-30, 400])
    def test_given_roots_of_dead_workers_then_the_next_build_removes_them(
        self, builder: Builder, days: int
    ) -> None:
        left = builder.settings.directory / "roots" / "left"
        left.mkdir(parents=True)
        moment = (clock.now() + timedelta(days=days)).timestamp()
        os.utime(left, (moment, moment))

        builder.build("hello")

        assert not left.exists()

    def test_given_a_log_of_two_mebibytes_then_its_end_is_kept(self, builder: Builder) -> None:
        builder.build("talkative")

        assert builder.log.is_truncated
        assert "the end" in builder.said
        assert len(builder.said) < 1024 * 1024 + 200


class TestFailure:
    def test_given_a_builder_that_fails_then_its_exit_code_and_its_words(self, builder: Builder) -> None:
        assert builder.refusal("broken") == (
            "the builder failed with exit code 7; the log of the release says more"
        )
        assert "there is no compiler for this" in builder.said

    def test_given_an_expression_that_cannot_be_read_then_the_log_says_where(self, builder: Builder) -> None:
        assert "could not evaluate" in builder.refusal("misspelt")
        assert "derivatoin" in builder.said

    def test_given_a_build_that_takes_too_long_then_it_is_stopped(self, builder: Builder) -> None:
        assert builder.refusal("endless", timeout_seconds=1) == (
            "the build was stopped: it took longer than 1 seconds"
        )
        assert "still building" in builder.said
        assert_no_builder_is_left(builder)

    def test_given_a_build_that_says_nothing_then_it_is_stopped(self, builder: Builder) -> None:
        assert builder.refusal("silent", silence_seconds=1) == (
            "the build was stopped: it said nothing for 1 seconds"
        )
        assert_no_builder_is_left(builder)

    def test_given_somebody_who_does_not_want_it_any_more_then_it_is_stopped(self, builder: Builder) -> None:
        def lose_interest() -> None:
            if "still building" in builder.said:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            builder.build("endless", look=lose_interest)
        assert_no_builder_is_left(builder)

    @pytest.mark.parametrize(
        "name", ["unknown", "..", ".", "", "../nix_catalog/hello", "hello/../hello", "/etc"]
    )
    def test_given_a_name_that_is_not_in_the_catalogue_then_it_says_so(
        self, builder: Builder, name: str
    ) -> None:
        assert builder.refusal(name) == f"the catalogue of Nix expressions holds nothing called {name}"

    def test_given_a_link_out_of_the_catalogue_then_it_is_not_followed(
        self, builder: Builder, tmp_path: Path
    ) -> None:
        catalog = tmp_path / "catalog"
        (catalog / "file").mkdir(parents=True)
        (catalog / "file" / "default.nix").symlink_to(CATALOG / "hello" / "default.nix")
        (catalog / "folder").symlink_to(CATALOG / "hello")

        for name in ("file", "folder"):
            assert "holds nothing called" in builder.refusal(name, catalog=catalog)

    def test_given_no_catalogue_then_it_names_the_setting(self, builder: Builder) -> None:
        assert "NIX_CATALOG_DIR" in builder.refusal("hello", catalog=None)

    def test_given_no_nix_then_it_says_what_to_install(
        self, builder: Builder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

        sentence = builder.refusal("hello")

        assert "nix-build is not installed" in sentence
        assert "apt-get install nix-bin" in sentence

    @pytest.mark.parametrize(
        "version",
        [
            "1.0.0$(touch injected)", "1.0.0`touch injected`", "1.0.0; touch injected", '1.0.0" + "x',
            "--help", "--option", "''${builtins.abort \"x\"}", "1.0.0\ntouch injected", "$out", "-",
        ],
    )  # fmt: skip
    def test_given_a_hostile_version_that_got_past_every_check_then_it_is_only_text(
        self, builder: Builder, version: str, tmp_path: Path
    ) -> None:
        export = builder.build("shout", version)

        (path,) = imported(export, builder.store, tmp_path / "elsewhere")
        assert path.read_text() == version
        assert not list(tmp_path.rglob("injected"))


def assert_no_builder_is_left(builder: Builder) -> None:
    """Fail if anything that was started for this store still runs after a while."""
    mark = str(builder.store)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := [process for process in psutil.process_iter(["environ"]) if mentions(process, mark)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def mentions(process: psutil.Process, mark: str) -> bool:
    """Tell whether a process has this text in its environment."""
    return any(mark in value for value in (process.info["environ"] or {}).values())


class Building(Inside):
    """A service that may build, and the way from a request to the bytes."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.writer = self.as_person("writer")
        self.writer.post("/api/v1/projects", {"name": "tools"}).ok()

    def create(self, name: str, version: str = "1.0.0") -> Answer:
        """Ask for a release from the catalogue."""
        body = {"name": name, "version": version, "project": "tools", "source": {"type": "nix"}}
        return self.writer.post(RELEASES, body)


class TestThroughTheService:
    @pytest.fixture
    def registry(self, make_app: MakeApp) -> Building:
        """A service with the catalogue."""
        return Building(make_app(NIX_CATALOG_DIR=str(CATALOG), NIX_TIMEOUT_SECONDS="60"))

    def test_given_a_name_in_the_catalogue_then_its_closure_can_be_downloaded(
        self, registry: Building, tmp_path: Path
    ) -> None:
        release = registry.create("hello").ok().data
        registry.work()

        data = registry.writer.get(f"{RELEASES}/{release['id']}").ok().data
        answer = registry.writer.get("/api/v1/project/tools/hello/+/version:1.0.0").ok()
        assert (data["status"], data["artifact_id"]) == ("downloaded", sha256(answer.body))
        assert answer.headers["Content-Type"] == "application/x-nix-export"
        assert 'filename="hello-1.0.0.nix-export"' in answer.headers["Content-Disposition"]
        store = registry.app.extensions["settings"].data_dir.resolve() / "nix" / "store"
        (path,) = imported(answer.body, store, tmp_path / "elsewhere")
        assert (path / "bin" / "hello").exists()

    def test_given_a_builder_that_fails_then_the_release_says_why_and_its_log_is_kept(
        self, registry: Building
    ) -> None:
        release = registry.create("broken").ok().data
        registry.work()

        data = registry.writer.get(f"{RELEASES}/{release['id']}").ok().data
        log = registry.writer.get(f"{RELEASES}/{release['id']}/log").ok().data
        assert (data["status"], data["error"]) == (
            "failed", "the builder failed with exit code 7; the log of the release says more",
        )  # fmt: skip
        assert "there is no compiler for this" in log["log"]


def test_the_development_shell_can_be_read_by_nix() -> None:
    shell = BACKEND_DIR / "shell.nix"

    done = subprocess.run(["nix-instantiate", "--parse", str(shell)], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr.decode()
    assert b"python312" in done.stdout
