"""Counts what work on bytes leaves behind."""

import itertools

from flask import Flask
from sqlalchemy import func, select

from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.kit.db import Base, reading
from wxcloudrun.wiring.stores import blob_store


def remove_what_may_go(app: Flask) -> int:
    """Remove the objects that nothing needs any more, as the background does every minute."""
    with app.app_context():
        deletions: DeletionService = app.extensions["services"][DeletionService]
        return deletions.carry_out()


def remains_of(app: Flask, tables: tuple[type[Base], ...]) -> dict[str, int]:
    """Return how many rows, and how many finished and unfinished objects there are."""
    remove_what_may_go(app)
    with app.app_context(), reading() as session:
        found = {
            table.__tablename__: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        }
    store = blob_store(app.extensions["settings"])
    found["objects"] = sum(1 for _ in itertools.chain(store.keys(), store.unfinished()))
    return found
