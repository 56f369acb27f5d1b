"""Everything that the database holds, as text, for tests that look for what must not be there."""

from flask import Flask
from sqlalchemy import select

from wxcloudrun.kit.db import db, reading


def everything_stored(app: Flask) -> str:
    """Return every row of every table."""
    with app.app_context(), reading() as session:
        rows = [row for table in db.metadata.sorted_tables for row in session.execute(select(table))]
    return "\n".join(str(row) for row in rows)
