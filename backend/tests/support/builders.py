"""Builders of what a test starts from; each makes one thing and says what it made."""

import functools
import hashlib
import itertools
import random
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import update

from wxcloudrun.keys.models import ApiKey
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind, Scope
from wxcloudrun.users.models import User

numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a key that may do all that they may."""

    id: int
    email: str
    username: str
    token: str
    actor: Actor


def person(app: Flask, name: str, *, is_admin: bool = False, has_used_key: bool = True) -> Person:
    """Make a user without a password; hashing one takes longer than a test should.

    What they do first in the next minute writes no use of their key down, unless they have not used it yet.
    """
    unique = f"{name}{next(numbers)}"
    with app.app_context():
        with transaction() as tx:
            user = User(
                email=f"{unique}@example.com",
                username=unique,
                password_hash=None,
                is_active=True,
                is_admin=is_admin,
                created_at=clock.now(),
            )
            tx.session.add(user)
            tx.session.flush()
            user_id = user.id
        actor = Actor(user_id, is_admin, EVERY_SCOPE, CredentialKind.NONE, has_proved=True)
        token = key(app, actor, frozenset(Scope))
        if has_used_key:
            with transaction() as tx:
                used = update(ApiKey).where(ApiKey.user_id == user_id)
                tx.session.execute(used.values(last_used_at=clock.now()))
    return Person(user_id, f"{unique}@example.com", unique, token, actor)


def key(
    app: Flask, actor: Actor, scopes: frozenset[Scope], *, project: str | None = None, days: int | None = None
) -> str:
    """Make an API key for somebody and return its secret."""
    service = app.extensions["services"][KeyService]
    with app.app_context():
        wish = KeySpec("test", scopes=scopes, project=project, expires_in_days=days)
        return str(service.make(actor, wish).key)


@functools.lru_cache(maxsize=8)
def content(size_bytes: int, seed: int = 0) -> bytes:
    """Return bytes that look random and are the same for the same seed."""
    return random.Random(seed).randbytes(size_bytes)


def sha256(data: bytes) -> str:
    """Return the digest by which the registry calls these bytes."""
    return hashlib.sha256(data).hexdigest()
