"""Who may read, who may act, and what is there: what a key that only writes must not widen or destroy."""

from dataclasses import dataclass
from typing import Any, Self

from flask import Flask
from sqlalchemy import select

from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.security import with_parts
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.users.models import User
from wxcloudrun.versions.models import Version


@dataclass(frozen=True, slots=True)
class Reach:
    """What the rows say at one moment."""

    public: frozenset[int]
    projects: frozenset[int]
    packages: frozenset[int]
    versions: frozenset[int]
    members: dict[tuple[int, int], int]
    ways_in: dict[int, tuple[Any, ...]]  # of each user
    keys: dict[int, ApiKey]

    @classmethod
    def of(cls, app: Flask) -> Self:
        """Read it."""
        with app.app_context(), reading() as session:
            there = Project.deleted_at.is_(None)
            every = session.execute
            ways = select(User.id, User.email, User.password_hash, User.is_active, User.is_admin)
            roles = select(Membership.project_id, Membership.user_id, Membership.role)
            return cls(
                frozenset(every(select(Project.id).where(there, Project.is_public)).scalars()),
                frozenset(every(select(Project.id).where(there)).scalars()),
                frozenset(every(select(Package.id).where(Package.project_id.is_not(None))).scalars()),
                frozenset(every(select(Version.id)).scalars()),
                {(row[0], row[1]): row[2] for row in every(roles)},
                {row[0]: tuple(row[1:]) for row in every(ways)},
                {key.id: key for key in every(select(ApiKey)).scalars()},
            )

    def refuse_more_than_writing(self, after: "Reach", caller_id: int) -> None:
        """Fail if what has happened since lets anybody read or act who could not, or destroys much.

        What the caller has made is theirs: a project of their own, and keys that are no more than the one
        that they presented.
        """
        made = after.projects - self.projects
        assert not after.public - self.public, "a project is public"
        assert not self.projects - after.projects, "a project is gone"
        assert not self.packages - after.packages, "a package is gone"
        assert len(self.versions - after.versions) <= 1, "more than one version is gone"
        roles = {place: role for place, role in after.members.items() if place[0] not in made}
        assert roles == self.members, "somebody else belongs to a project, or as something else"
        assert after.ways_in == self.ways_in, "somebody can log in otherwise than before"
        for key_id, key in after.keys.items():
            before = self.keys.get(key_id)
            if before is None:
                self._refuse_other_keys_than_children(key, after)
            elif key.user_id != caller_id:
                assert (key.revoked_at, key.expires_at) == (before.revoked_at, before.expires_at)

    def _refuse_other_keys_than_children(self, key: ApiKey, after: "Reach") -> None:
        above = after.keys[key.parent_id or key.replaces_id or 0]
        assert with_parts(key.scope_set) <= with_parts(above.scope_set), "a key is more than what made it"
        assert key.project_id == above.project_id or above.project_id is None, "a key reaches further"
        assert key.expires_at is not None, "a key has no end"
