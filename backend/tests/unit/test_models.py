"""What the database itself guards, whatever the code above it does."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Base, reading, transaction
from wxcloudrun.kit.security import Role
from wxcloudrun.packages.models import Package, RememberedName
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.uploads.models import Upload
from wxcloudrun.users.models import User
from wxcloudrun.versions.models import RetiredVersion, Status, Version, VersionFile

type MakeReference = Callable[..., Base]

DIGEST = "a" * 64
OTHER_DIGEST = "b" * 64


@pytest.fixture(autouse=True)
def _within(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def store[T: Base](row: T) -> T:
    """Commit one row."""
    with transaction() as tx:
        tx.session.add(row)
    return row


def count(session: Session, kind: type[Base]) -> int:
    """Count the rows of a table."""
    return session.execute(select(func.count()).select_from(kind)).scalar_one()


def new_user(email: str | None = "ada@example.com") -> User:
    return User(email=email, username=email or f"nobody-{ids.new_id()}", created_at=clock.now())


def new_project(name: str = "tools") -> Project:
    return Project(name=name, created_at=clock.now())


def new_package(project: Project, name: str = "hammer") -> Package:
    remembered = store(RememberedName(project=project.name, package=name))
    return Package(project_id=project.id, name_id=remembered.id, name=name, created_at=clock.now())


def new_artifact(digest: str = DIGEST) -> Artifact:
    return Artifact(id=digest, size_bytes=1, object_key=ids.new_id(), created_at=clock.now())


def new_tag(package: Package, name: str = "stable", digest: str = DIGEST) -> Tag:
    return Tag(package_id=package.id, name=name, artifact_id=digest, updated_at=clock.now())


def new_version(package: Package, version: str = "1.0.0") -> Version:
    return Version(package_id=package.id, version=version, status=Status.DOWNLOADED, created_at=clock.now())


def new_file(package: Package, filename: str = "a.bin", digest: str = DIGEST) -> VersionFile:
    """A file of a version that is stored for it."""
    version = store(new_version(package, f"{filename}-{ids.new_id()}"))
    return VersionFile(package_id=package.id, version_id=version.id, filename=filename, artifact_id=digest)


def new_retired(package: Package, version: str, digest: str = DIGEST) -> RetiredVersion:
    return RetiredVersion(
        name_id=package.name_id,
        package_id=package.id,
        version=version,
        digest=digest,
        retired_at=clock.now(),
    )


def new_upload(package: Package, *, user: User | None = None, idempotency_key: str | None = None) -> Upload:
    return Upload(
        package_id=package.id,
        digest=DIGEST,
        size_bytes=1,
        deduplicated=False,
        fingerprint=DIGEST,
        artifact_id=DIGEST,
        original_name="a.bin",
        content_type="application/octet-stream",
        deposited_at=clock.now(),
        deposited_by=user.id if user else None,
        idempotency_key=idempotency_key,
    )


@pytest.fixture
def package() -> Package:
    """A stored package; bytes with the digest DIGEST are there too."""
    project = store(new_project())
    store(new_artifact())
    return store(new_package(project))


def test_user_exists() -> None:
    stored = store(new_user())

    with reading() as session:
        found = session.execute(select(User).where(User.email == "ada@example.com")).scalar_one()

    assert (found.id, found.username) == (stored.id, "ada@example.com")
    assert found.is_active
    assert not found.is_admin
    assert found.created_at == stored.created_at


class TestUniqueness:
    def test_two_users_cannot_have_one_address(self) -> None:
        store(new_user())

        with pytest.raises(IntegrityError):
            store(new_user())

    def test_many_users_can_have_no_address(self) -> None:
        store(new_user(None))
        store(new_user(None))

        with reading() as session:
            assert count(session, User) == 2

    def test_two_projects_cannot_have_one_name(self) -> None:
        store(new_project("tools"))

        with pytest.raises(IntegrityError):
            store(new_project("tools"))

    def test_two_packages_of_a_project_cannot_have_one_name_but_those_of_two_projects_can(self) -> None:
        tools, toys = store(new_project("tools")), store(new_project("toys"))
        first = store(new_package(tools))
        store(new_package(toys))

        with pytest.raises(IntegrityError):
            store(Package(project_id=tools.id, name_id=first.name_id, name="hammer", created_at=clock.now()))

    def test_a_name_is_remembered_once(self) -> None:
        store(RememberedName(project="tools", package="hammer"))

        with pytest.raises(IntegrityError):
            store(RememberedName(project="tools", package="hammer"))

    def test_many_deleted_packages_and_users_may_have_had_one_name(self, package: Package) -> None:
        for _ in range(2):
            store(Package(name_id=package.name_id, name=package.name, created_at=clock.now()))
            user = new_user()
            user.leave(clock.now())
            store(user)

    def test_a_user_is_one_member_of_a_project(self) -> None:
        user, project = store(new_user()), store(new_project())
        for_once = {"project_id": project.id, "user_id": user.id, "created_at": clock.now()}
        store(Membership(**for_once, role=Role.READER))

        with pytest.raises(IntegrityError):
            store(Membership(**for_once, role=Role.OWNER))

    def test_bytes_are_stored_once_and_an_object_holds_one_artifact(self) -> None:
        first = store(new_artifact())

        with pytest.raises(IntegrityError):
            store(new_artifact())
        with pytest.raises(IntegrityError):
            store(
                Artifact(id=OTHER_DIGEST, size_bytes=1, object_key=first.object_key, created_at=clock.now())
            )

    def test_a_package_has_one_tag_of_a_name_and_names_differ_by_case(self, package: Package) -> None:
        store(new_tag(package, "stable"))
        store(new_tag(package, "Stable"))

        with pytest.raises(IntegrityError):
            store(new_tag(package, "stable"))

    def test_a_package_has_one_version_of_a_name(self, package: Package) -> None:
        store(new_version(package))

        with pytest.raises(IntegrityError):
            store(new_version(package))

    def test_a_version_has_one_file_of_a_name(self, package: Package) -> None:
        first = store(new_file(package))

        with pytest.raises(IntegrityError):
            store(
                VersionFile(
                    package_id=package.id, version_id=first.version_id, filename="a.bin", artifact_id=DIGEST
                )
            )

    def test_a_retired_version_remembers_one_digest(self, package: Package) -> None:
        store(new_retired(package, "1.0.0"))

        with pytest.raises(IntegrityError):
            store(new_retired(package, "1.0.0", OTHER_DIGEST))

    def test_a_user_has_one_upload_under_an_idempotency_key(self, package: Package) -> None:
        user, other = store(new_user()), store(new_user("bob@example.com"))
        store(new_upload(package, user=user, idempotency_key="once"))
        store(new_upload(package, user=other, idempotency_key="once"))
        store(new_upload(package, user=user))
        store(new_upload(package, user=user))

        with pytest.raises(IntegrityError):
            store(new_upload(package, user=user, idempotency_key="once"))


class TestReferences:
    def test_a_package_needs_a_project(self) -> None:
        name = store(RememberedName(project="tools", package="hammer"))

        with pytest.raises(IntegrityError):
            store(Package(project_id=4711, name_id=name.id, name="hammer", created_at=clock.now()))

    @pytest.mark.parametrize("make", [new_tag, new_file])
    def test_a_name_cannot_point_at_bytes_that_are_not_here(
        self, package: Package, make: MakeReference
    ) -> None:
        with pytest.raises(IntegrityError):
            store(make(package, digest=OTHER_DIGEST))

    def test_a_version_may_wait_for_its_bytes(self, package: Package) -> None:
        waiting = store(new_version(package))

        with reading() as session:
            assert session.get_one(Version, waiting.id).files_count == 0

    @pytest.mark.parametrize("make", [new_tag, new_file, new_upload])
    def test_bytes_that_something_points_at_cannot_be_deleted(
        self, package: Package, make: MakeReference
    ) -> None:
        store(make(package))

        with pytest.raises(IntegrityError), transaction() as tx:
            tx.session.delete(tx.session.get_one(Artifact, DIGEST))

    def test_bytes_that_nothing_points_at_can(self, package: Package) -> None:
        store(new_version(package))

        with transaction() as tx:
            tx.session.delete(tx.session.get_one(Artifact, DIGEST))

        with reading() as session:
            assert count(session, Artifact) == 0

    def test_the_tables_that_keep_bytes_alive_are_found_in_the_schema(self) -> None:
        found = {table.name for table in reference_tables()}

        assert {Tag.__tablename__, VersionFile.__tablename__, Upload.__tablename__} == found
        assert Artifact.__tablename__ not in found
        assert TagMove.__tablename__ not in found


class TestDeletion:
    def test_a_project_takes_everything_in_it_along_but_no_bytes(self, package: Package) -> None:
        user = store(new_user())
        store(Membership(project_id=package.project_id, user_id=user.id, role=1, created_at=clock.now()))
        for row in (new_tag(package), new_file(package), new_upload(package)):
            store(row)
        store(new_retired(package, "0.9"))
        store(TagMove(package_id=package.id, name="stable", artifact_id=DIGEST, moved_at=clock.now()))

        with transaction() as tx:
            tx.session.delete(tx.session.get_one(Project, package.project_id))

        with reading() as session:
            for kind in (Membership, Package, Tag, TagMove, Version, VersionFile, Upload):
                assert count(session, kind) == 0, kind
            for kept in (Artifact, RememberedName, RetiredVersion):
                assert count(session, kept) == 1, kept
            assert count(session, User) == 1

    def test_a_user_leaves_what_they_made_and_takes_what_was_theirs(self, package: Package) -> None:
        user = store(new_user())
        store(Membership(project_id=package.project_id, user_id=user.id, role=1, created_at=clock.now()))
        store(
            ApiKey(
                user_id=user.id, name="k", prefix="p", key_hash=DIGEST, scopes="read", created_at=clock.now()
            )
        )
        upload = store(new_upload(package, user=user))

        with transaction() as tx:
            tx.session.delete(tx.session.get_one(User, user.id))

        with reading() as session:
            assert session.get_one(Upload, upload.id).deposited_by is None
            assert count(session, Membership) == 0
            assert count(session, ApiKey) == 0

    def test_the_id_of_somebody_who_left_is_not_given_away_again(self) -> None:
        first = store(new_user())
        with transaction() as tx:
            tx.session.delete(tx.session.get_one(User, first.id))

        assert store(new_user()).id > first.id
