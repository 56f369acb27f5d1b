"""A database, a bucket and a Redis of their own on real servers: what production runs on."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymysql
from flask_migrate import upgrade
from minio import Minio
from minio.deleteobjects import DeleteObject

from tests.support.apps import LOCAL
from tests.support.backing import backing, mysql_connection
from tests.support.redis_database import RedisDatabase, make_redis_database
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import Base, db

SECRETS = {
    "JWT_SECRET_KEY": "integration-tests-sign-their-access-tokens-with-this",
    "API_KEY_SECRET": "integration-tests-hash-their-api-keys-with-this-one",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """One empty schema, made by the migrations, one empty bucket, and one empty Redis if one is asked for."""

    environ: Mapping[str, str]
    database: str
    bucket: str
    connection: "pymysql.Connection[Any]"
    store: Minio
    redis: RedisDatabase | None = None

    def clean(self) -> None:
        """Empty every table, the bucket and Redis; much cheaper than making new ones."""
        if self.redis is not None:
            self.redis.clean()
        with self.connection.cursor() as cursor:
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
            cursor.execute("START TRANSACTION")  # the disk is waited for once
            for table in Base.metadata.sorted_tables:
                cursor.execute(f"DELETE FROM `{table.name}`")
            cursor.execute("COMMIT")
            cursor.execute("SET FOREIGN_KEY_CHECKS = 1")
        self.empty_bucket()

    def empty_bucket(self) -> None:
        """Remove every object, and what somebody has begun and not finished."""
        for upload in self.store._list_multipart_uploads(self.bucket, prefix="").uploads:  # noqa: SLF001  # no public name
            name, upload_id = str(upload.object_name), str(upload.upload_id)
            self.store._abort_multipart_upload(self.bucket, name, upload_id)  # noqa: SLF001  # no public name
        names = [str(found.object_name) for found in self.store.list_objects(self.bucket, recursive=True)]
        if names:
            list(self.store.remove_objects(self.bucket, (DeleteObject(name) for name in names)))

    def object_names(self) -> set[str]:
        """Return what lies in the bucket."""
        return {str(found.object_name) for found in self.store.list_objects(self.bucket, recursive=True)}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database something beside the service."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def destroy(self) -> None:
        """Drop the database and the bucket, and give Redis back."""
        if self.redis is not None:
            self.redis.destroy()
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE `{self.database}`")
        self.empty_bucket()
        self.store.remove_bucket(self.bucket)


def make_stack(
    mysql: Mapping[str, Any], s3: Mapping[str, Any], redis: Mapping[str, Any] | None = None
) -> Stack:
    """Make a database and a bucket with a fresh name on these servers and run the migrations.

    Without `redis` the service counts in the database.
    """
    name = f"test_{secrets.token_hex(6)}"
    server_url = str(mysql["url"])
    with mysql_connection(server_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    bucket = name.replace("_", "-")
    store = Minio(
        str(s3["endpoint"]),
        access_key=str(s3["access_key"]),
        secret_key=str(s3["secret_key"]),
        secure=False,
        region="us-east-1",
    )
    store.make_bucket(bucket)
    environ = {
        **SECRETS,
        "DATABASE_URL": urlunsplit(urlsplit(server_url)._replace(path=f"/{name}")),
        "BLOB_STORE": "minio",
        "MINIO_ENDPOINT": str(s3["endpoint"]),
        "MINIO_ACCESS_KEY": str(s3["access_key"]),
        "MINIO_SECRET_KEY": str(s3["secret_key"]),
        "MINIO_BUCKET": bucket,
    }
    migrate(environ)
    database = None
    if redis is not None:
        database = make_redis_database(str(redis["url"]))
        environ["REDIS_URL"] = database.url
    return Stack(environ, name, bucket, mysql_connection(server_url, name), store, database)


@contextlib.contextmanager
def settings_on(store: str) -> Iterator[Mapping[str, str]]:
    """Lend the settings of a service that has a fresh database and store of its own.

    For `local` these are SQLite and a directory, which need none; else MySQL and the S3 server of that name,
    without which the test is skipped.
    """
    if store == LOCAL:
        yield {}
        return
    stack = make_stack(backing().need("mysql"), backing().need(store))
    try:
        yield stack.environ
    finally:
        stack.destroy()


def migrate(environ: Mapping[str, str]) -> None:
    """Bring the schema up to date, as `flask init` does."""
    app = create_app(Settings.from_env({**environ, "LOG_LEVEL": "ERROR"}))
    with app.app_context():
        upgrade()
        db.engine.dispose()
