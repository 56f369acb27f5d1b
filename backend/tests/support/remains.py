"""Counts what work on bytes leaves behind."""

import itertools

from flask import Flask
from sqlalchemy import func, select

from wxcloudrun.kit.db import Base, reading
from wxcloudrun.wiring.stores import blob_store


def remains_of(app: Flask, tables: tuple[type[Base], ...]) -> dict[str, int]:
    """Return how many rows, and how many finished and unfinished objects there are."""
    with app.app_context(), reading() as session:
        found = {
            table.__tablename__: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        }
    store = blob_store(app.extensions["settings"])
    found["objects"] = sum(1 for _ in itertools.chain(store.keys(), store.unfinished()))
    return found
