"""Whatever a person does to a package, in whatever order, it is what a model of twenty lines says it is.

`make fuzz` tries more and longer stories: STORIES and STEPS.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.support import builders
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient, sender
from wxcloudrun.artifacts.service.collect import CollectService

STORIES = int(os.environ.get("STORIES", "8"))
STEPS = int(os.environ.get("STEPS", "20"))
PACKAGE = "/api/v1/project/tools/hammer"
CONTENTS = {hashlib.sha256(each).hexdigest(): each for each in (b"one", b"two", b"three")}
NAMES = st.sampled_from(["stable", "latest", "1.0.0"])  # a tag may be called like a version
VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1", "nightly"])
RELEASES = ("1.1.0", "1.0.0")  # highest first; a prerelease and what has no order are never `latest`
DIGESTS = st.sampled_from(sorted(CONTENTS))


@dataclass(frozen=True)
class Deposit:
    """What somebody has put in, and the names that it made."""

    digest: str
    names: dict[str, str]


@dataclass
class Model:
    """What the contract says a package is."""

    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    retired: dict[str, str] = field(default_factory=dict)
    uploads: dict[int, "Deposit"] = field(default_factory=dict)

    def references(self, digest: str) -> int:
        """Count what keeps bytes alive."""
        bare = [deposit.digest for deposit in self.uploads.values() if not deposit.names]
        return [*self.tags.values(), *self.versions.values(), *bare].count(digest)

    def takes(self, version: str | None, digest: str) -> bool:
        """Tell whether a version may be, or may again be, these bytes."""
        known = self.versions | self.retired
        return version is None or known.get(version, digest) == digest

    def holds(self, deposit: "Deposit") -> bool:
        """Tell whether a tag or a version that a deposit made still is its bytes."""
        named = {"tag": self.tags, "version": self.versions}
        return any(named[kind].get(name) == deposit.digest for kind, name in deposit.names.items())

    def find(self, ref: str) -> str | None:
        """Return where a reference leads."""
        kind, _, name = ref.rpartition(":")
        held = {digest: digest for digest in CONTENTS if self.references(digest)}
        highest = next((self.versions[each] for each in RELEASES if each in self.versions), None)
        if kind:
            named: dict[str, Mapping[str, str | None]] = {
                "tag": self.tags,
                "version": {**self.versions, "^1.0": highest},
                "artifact": held,
            }
            return named[kind].get(name)
        latest = highest if name == "latest" else None
        return self.tags.get(name) or self.versions.get(name) or held.get(name) or latest


class RegistryMachine(RuleBasedStateMachine):
    """One package, told the same story as the model."""

    new_app: Callable[[], Flask]

    def __init__(self) -> None:
        super().__init__()
        self.app = type(self).new_app()
        self.model = Model()
        token = builders.person(self.app, "owner").token
        self.client = ApiClient(sender(self.app)).as_(token)
        self.root = self.client.as_(builders.person(self.app, "root", is_admin=True).token)
        self.client.post("/api/v1/projects", {"name": "tools"}).ok()
        self.client.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()

    def listed(self, what: str, key: str) -> dict[Any, Any]:
        """Return a list of the package as a dictionary of artifact ids."""
        rows = self.client.get(f"{PACKAGE}/{what}", query={"limit": "200"}).ok().items
        return {row[key]: row["artifact_id"] for row in rows}

    @rule(digest=DIGESTS, tag=st.none() | NAMES, version=st.none() | VERSIONS)
    def upload(self, digest: str, tag: str | None, version: str | None) -> None:
        names = {name: value for name, value in (("tag", tag), ("version", version)) if value is not None}
        seen_before = self.model.references(digest) > 0
        answer = self.client.put(f"{PACKAGE}/upload/file.bin", CONTENTS[digest], query=names)
        if not self.model.takes(version, digest):
            assert (answer.status, answer.reason) == (409, "version_taken")
            return
        assert answer.status == 200
        self.model.uploads[answer.data["id"]] = Deposit(digest, names)
        if version is not None:
            self.model.versions[version] = digest
        if tag is not None:
            self.model.tags[tag] = digest
        assert answer.data["artifact_id"] == digest
        assert answer.data["ref_count"] == self.model.references(digest)
        assert answer.data["deduplicated"] == seen_before

    @rule(tag=NAMES, digest=DIGESTS)
    def point_at_artifact(self, tag: str, digest: str) -> None:
        self.point(tag, {"artifact_id": digest}, digest if self.model.references(digest) else None)

    @rule(tag=NAMES, version=VERSIONS)
    def point_at_version(self, tag: str, version: str) -> None:
        self.point(tag, {"version": version}, self.model.versions.get(version))

    def point(self, tag: str, target: dict[str, str], digest: str | None) -> None:
        answer = self.client.request("PUT", f"{PACKAGE}/tags/{tag}", json=target)
        if digest is None:
            assert answer.status == 404
            return
        assert answer.ok().data["previous"] == self.model.tags.get(tag)
        self.model.tags[tag] = digest

    @rule(tag=NAMES)
    def delete_tag(self, tag: str) -> None:
        answer = self.client.delete(f"{PACKAGE}/tags/{tag}")
        assert answer.status == (204 if self.model.tags.pop(tag, None) else 404)

    @rule(version=VERSIONS)
    def delete_version(self, version: str) -> None:
        answer = self.client.delete(f"{PACKAGE}/versions/{version}")
        digest = self.model.versions.pop(version, None)
        assert answer.status == (204 if digest else 404)
        if digest is not None:
            self.model.retired[version] = digest

    @rule(number=st.integers(1, 6))
    def delete_upload(self, number: int) -> None:
        answer = self.client.delete(f"{PACKAGE}/uploads/{number}")
        deposit = self.model.uploads.get(number)
        if deposit is None:
            assert answer.status == 404
        elif self.model.holds(deposit):
            assert answer.status == 409
        else:
            assert answer.status == 204
            del self.model.uploads[number]

    @rule()
    def delete_package_and_make_it_again(self) -> None:
        """Everything is gone but what versions were called."""
        package = "/api/v1/project/tools/packages/hammer"
        is_empty = not any(self.model.references(digest) for digest in CONTENTS)
        assert self.client.delete(package).status == (204 if is_empty else 409)
        if not is_empty:
            self.client.delete(package, query={"force": "true"}).ok()
        assert self.client.post("/api/v1/project/tools/packages", {"name": "hammer"}).status == 409
        self.root.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
        self.model = Model(retired=self.model.retired | self.model.versions)

    @rule()
    def collect(self) -> None:
        with self.app.app_context():
            self.app.extensions["services"][CollectService].run()

    @rule(name=NAMES, version=VERSIONS, digest=DIGESTS)
    def download(self, name: str, version: str, digest: str) -> None:
        refs = [
            name,
            f"tag:{name}",
            f"version:{version}",
            version,
            "version:^1.0",
            digest,
            f"artifact:{digest}",
        ]
        for ref in refs:
            self.assert_leads_to(self.client.get(f"{PACKAGE}/+/{ref}"), self.model.find(ref))

    def assert_leads_to(self, answer: Answer, digest: str | None) -> None:
        if digest is None:
            assert answer.status == 404
        else:
            assert (answer.status, answer.body) == (200, CONTENTS[digest])

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        assert self.listed("tags", "name") == self.model.tags
        assert self.listed("versions", "version") == self.model.versions
        uploads = {number: deposit.digest for number, deposit in self.model.uploads.items()}
        assert self.listed("uploads", "id") == uploads


def test_given_any_story_then_the_registry_is_what_the_model_says(app_with: AppWith) -> None:
    RegistryMachine.new_app = partial(
        app_with, GC_GRACE_SECONDS="0"
    )  # what nothing refers to goes, however young

    run_state_machine_as_test(
        RegistryMachine,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
