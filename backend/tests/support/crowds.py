"""Rows by the thousand, put into the database beside the service: what takes uploads hours to make.

The rows say the same as those that the service writes, as far as anything reads them.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.orm import Session

from tests.support.builders import sha256
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Base, db, reading, transaction
from wxcloudrun.kit.package_names import Format
from wxcloudrun.kit.security import Role
from wxcloudrun.packages.models import Package, RememberedName
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.uploads.models import Upload
from wxcloudrun.users.models import User
from wxcloudrun.versions.models import Status, Version, VersionFile
from wxcloudrun.versions.service.stamps import stamp

BATCH = 5000


def put(model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows, some thousand in each transaction."""
    for some in batched(rows, BATCH):
        with transaction() as tx:
            tx.session.execute(insert(model.__table__), list(some))  # type: ignore[arg-type]  # a declarative table
    count_anew(model)


def count_anew(model: type[Base]) -> None:
    """Let MySQL see at once how many rows a table has, which it does by itself some seconds later."""
    if db.engine.dialect.name == "mysql":
        with db.engine.connect() as connection:
            connection.execute(text(f"ANALYZE TABLE {model.__tablename__}"))


def change(model: type[Base], *conditions: Any, **values: Any) -> None:
    """Let rows say something else."""
    with transaction() as tx:
        tx.session.execute(update(model).where(*conditions).values(values))


def count(model: type[Base], *conditions: Any) -> int:
    """Count the rows of a table for which all of this holds."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def package_id(project: str, package: str) -> int:
    """Return the id of a generic package that is there."""
    with reading() as session:
        statement = select(Package.id).join(Project, Project.id == Package.project_id)
        named = statement.where(Project.name == project, Package.name == package)
        named = named.where(Package.format == Format.GENERIC.value)
        return session.execute(named).scalar_one()


def project_id(project: str) -> int:
    """Return the id of a project that is there."""
    with reading() as session:
        return session.execute(select(Project.id).where(Project.name == project)).scalar_one()


def some_bytes() -> str:
    """Make an artifact, whose object nobody needs, and return its digest."""
    digest = sha256(b"crowd")
    with transaction() as tx:
        if tx.session.get(Artifact, digest) is None:
            tx.session.add(artifact(digest))
    return digest


def artifact(digest: str) -> Artifact:
    """Return an artifact."""
    return Artifact(id=digest, size_bytes=5, object_key=ids.new_id(), created_at=clock.now())


def reference(package: int, digest: str | None, user_id: int | None) -> dict[str, Any]:
    """Return what a reference says about the upload behind it."""
    return {
        "package_id": package,
        "artifact_id": digest,
        "original_name": "crowd.bin",
        "content_type": "application/octet-stream",
        "deposited_at": clock.now(),
        "deposited_by": user_id,
    }


def fill_package(
    package: int, versions: int, *, user_id: int | None = None, moves: int = 0, series: str = "1.0"
) -> None:
    """Put versions, with the upload that made each, into a package, and a tag that has moved so often."""
    digest, now = some_bytes(), clock.now()
    held = reference(package, digest, user_id)
    put_versions(((package, f"{series}.{number}") for number in range(versions)), digest, user_id)
    upload = {
        **reference(package, None, user_id),
        "digest": digest, "size_bytes": 5, "deduplicated": True, "fingerprint": digest,
    }  # fmt: skip
    put(Upload, ({**upload, "version": f"{series}.{number}"} for number in range(versions)))
    if moves:
        put(Tag, iter([{**held, "name": "stable", "updated_at": now}]))
        move = {"package_id": package, "name": "stable", "artifact_id": digest, "moved_at": now}
        put(TagMove, ({**move, "moved_by": user_id} for _ in range(moves)))


def put_versions(names: Iterable[tuple[int, str]], digest: str, user_id: int | None = None) -> None:
    """Put versions into packages, all with the same bytes."""
    now = clock.now()
    made = {
        "status": Status.DOWNLOADED.value, "files_count": 1, "created_at": now, "created_by": user_id,
        "downloaded_at": now,
    }  # fmt: skip
    put(Version, ({**made, "package_id": package, "version": version} for package, version in names))
    with reading() as session:
        has_none = ~exists().where(VersionFile.version_id == Version.id)
        new = select(Version.id, Version.package_id).where(Version.files_count == 1, has_none)
        rows = session.execute(new).all()
    put(
        VersionFile,
        (
            {**reference(package, digest, user_id), "version_id": version_id, "filename": "crowd.bin"}
            for version_id, package in rows
        ),
    )
    with transaction() as tx:
        for package in {package for _, package in rows}:
            stamp(tx, package)


def fill_project(project: str, packages: int) -> None:
    """Put packages with one version each into a project."""
    owner, digest, now = project_id(project), some_bytes(), clock.now()
    put(RememberedName, ({"project": project, "package": f"many-{number}"} for number in range(packages)))
    with reading() as session:
        named = names_in(session, project)
    row = {"project_id": owner, "description": "", "created_at": now}
    put(Package, ({**row, "name": name, "name_id": name_id} for name, name_id in named))
    with reading() as session:
        those = select(Package.id).where(Package.project_id == owner, Package.name.startswith("many-"))
        made = session.execute(those).scalars().all()
    put_versions(((each, "1.0.0") for each in made), digest)


def names_in(session: Session, project: str) -> list[tuple[str, int]]:
    """Return the names that `fill_project` has made."""
    statement = select(RememberedName.package, RememberedName.id).where(RememberedName.project == project)
    return [(row.package, row.id) for row in session.execute(statement) if row.package.startswith("many-")]


def fill_user(user_id: int, sessions: int, *, tokens_each: int = 1) -> None:
    """Give a user sessions with refresh tokens, and as many keys."""
    now = clock.now()
    session_ids = [ids.new_id() for _ in range(sessions)]
    row = {"user_id": user_id, "created_at": now, "expires_at": now.replace(year=now.year + 1)}
    put(LoginSession, ({**row, "id": each, "cookie_hash": sha256(each.encode())} for each in session_ids))
    token = {"issued_at": now, "expires_at": row["expires_at"]}
    put(
        RefreshToken,
        (
            {**token, "session_id": each, "token_hash": sha256(f"{each}{number}".encode())}
            for each in session_ids
            for number in range(tokens_each)
        ),
    )
    key = {"user_id": user_id, "name": "k", "prefix": "p", "scopes": "read", "created_at": now}
    put(ApiKey, ({**key, "key_hash": sha256(f"key{each}".encode())} for each in session_ids))


def fill_memberships(user_id: int, projects: int, *, co_owner: int | None = None) -> None:
    """Make a user the owner of so many new projects, alone or with somebody else."""
    now, prefix = clock.now(), f"owned-{ids.new_id()[:8]}"
    row = {"description": "", "is_public": False, "created_at": now}
    put(Project, ({**row, "name": f"{prefix}-{number}"} for number in range(projects)))
    with reading() as session:
        made = session.execute(select(Project.id).where(Project.name.startswith(prefix))).scalars().all()
    owner = {"role": Role.OWNER.value, "created_at": now}
    owners = [each for each in (user_id, co_owner) if each is not None]
    put(Membership, ({**owner, "project_id": each, "user_id": who} for each in made for who in owners))


def fill_members(project: str, members: int) -> None:
    """Put so many new users into a project as its readers."""
    now, target, prefix = clock.now(), project_id(project), f"member-{ids.new_id()[:8]}"
    user = {"is_active": True, "is_admin": False, "created_at": now}
    put(User, ({**user, "username": f"{prefix}-{number}"} for number in range(members)))
    with reading() as session:
        made = session.execute(select(User.id).where(User.username.startswith(prefix))).scalars().all()
    row = {"project_id": target, "role": Role.READER.value, "created_at": now}
    put(Membership, ({**row, "user_id": each} for each in made))
