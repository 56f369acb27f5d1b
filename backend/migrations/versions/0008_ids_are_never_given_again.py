"""SQLite: ids of versions are never given again; jobs that wait say which release they were made for

On SQLite, revision 0004 copied the table `versions` and lost its AUTOINCREMENT, so that the id of the
newest version was given to the next one when it had been deleted.

Revision ID: 0008
Revises: 0007
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

versions = sa.table(
    "versions",
    sa.column("id", sa.BigInteger),
    sa.column("package_id", sa.BigInteger),
    sa.column("version", sa.String),
    sa.column("source", sa.String),
    sa.column("created_at", sa.DateTime),
)
jobs = sa.table(
    "jobs",
    sa.column("id", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("state", sa.String),
    sa.column("arguments", sa.String),
    sa.column("created_at", sa.DateTime),
)
entries = sa.table("audit_entries", sa.column("action", sa.String), sa.column("after", sa.String))
OPEN_JOBS = sa.and_(jobs.c.kind == "obtain_release", jobs.c.state.in_(["queued", "running"]))


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        highest = highest_id_ever()
        with op.batch_alter_table("versions", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
        op.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'versions'"))
        op.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('versions', :seq)").bindparams(
                seq=highest
            )
        )
    for job in op.get_bind().execute(sa.select(jobs).where(OPEN_JOBS)).all():
        bind(job)


def downgrade() -> None:
    """The table keeps its AUTOINCREMENT, which older code wants as well; it does not mind the fingerprints."""


def highest_id_ever() -> int:
    """Return the highest id that was given to a version, as far as anything still says so."""
    connection = op.get_bind()
    found = [connection.execute(sa.select(sa.func.max(versions.c.id))).scalar()]
    counted = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'versions'")
    found += connection.execute(counted).scalars()
    found += [
        json.loads(text).get("release_id")
        for text in connection.execute(
            sa.select(jobs.c.arguments).where(jobs.c.kind == "obtain_release")
        ).scalars()
    ]
    made = sa.select(entries.c.after).where(
        entries.c.action == "release.created", entries.c.after.is_not(None)
    )
    found += [json.loads(text).get("release") for text in connection.execute(made).scalars()]
    return max((each for each in found if isinstance(each, int)), default=0)


def bind(job: sa.Row) -> None:
    """Write into a job which release it was made for; one that is older than its release is not for it."""
    connection = op.get_bind()
    arguments = json.loads(job.arguments)
    statement = sa.select(versions).where(versions.c.id == arguments["release_id"])
    release = connection.execute(statement).one_or_none()
    if release is None or release.created_at > job.created_at:
        return
    moment = release.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f")
    facts = json.dumps([release.package_id, release.version, release.source, moment])
    arguments["fingerprint"] = hashlib.sha256(facts.encode()).hexdigest()
    text = json.dumps(arguments, separators=(",", ":"))
    connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(arguments=text))
