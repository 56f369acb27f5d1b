"""The composition root: which class fills which port, and the one instance of each service.

Each floor is built by one function, which gets what it stands on and returns its services by name.
"""

from flask import Flask

from wxcloudrun.audit.controller import note_refusal
from wxcloudrun.config import Settings
from wxcloudrun.identity.controller import identify_caller
from wxcloudrun.kit.services import Services
from wxcloudrun.stores.queue.background import Background
from wxcloudrun.wiring.accounts import build_accounts
from wxcloudrun.wiring.background import BackgroundFloors, build_work
from wxcloudrun.wiring.foundation import build_foundation
from wxcloudrun.wiring.listeners import LISTENERS
from wxcloudrun.wiring.logins import build_login_door, build_logins
from wxcloudrun.wiring.mails import build_mails
from wxcloudrun.wiring.npm import build_npm
from wxcloudrun.wiring.npm_accounts import build_npm_accounts
from wxcloudrun.wiring.npm_lookup import build_npm_lookup
from wxcloudrun.wiring.operators import build_operation
from wxcloudrun.wiring.pypi import build_pypi
from wxcloudrun.wiring.registry import build_bytes, build_names, build_releases
from wxcloudrun.wiring.stores import Stores, build_stores
from wxcloudrun.wiring.upkeep import build_upkeep
from wxcloudrun.wiring.upload_sessions import build_tus, build_upload_sessions


def connect(app: Flask, settings: Settings) -> None:
    """Build everything that lives as long as the application does."""
    stores = build_stores(settings)
    app.extensions["cache"] = stores.cache
    app.extensions["services"] = build_services(settings, stores)
    if settings.audit_refusals:
        app.extensions["note_refusal"] = note_refusal
    app.extensions["identify"] = identify_caller
    app.extensions["listeners"] = LISTENERS


def build_services(settings: Settings, stores: Stores) -> Services:
    """Build each floor with what it stands on."""
    foundation = build_foundation(settings, stores.wake_ups)
    door = build_login_door(settings)
    logins = build_logins(settings, door)
    accounts = build_accounts(settings, door, logins, foundation.erasure)
    mails = build_mails(settings, foundation, door, logins)
    names = build_names(settings, foundation, logins.identity)
    content = build_bytes(settings, stores.blobs, foundation, names)
    sessions = build_upload_sessions(settings, stores.blobs, names, content)
    tus = build_tus(sessions, content)
    pypi = build_pypi(names, content)
    npm = build_npm(names, content, stores.blobs)
    npm_accounts = build_npm_accounts(settings, door, logins, names)
    releases = build_releases(settings, foundation, names, content.intake)
    upkeep = build_upkeep(settings, stores.blobs)
    floors = BackgroundFloors(foundation, logins, mails, npm_accounts, content, sessions, releases, upkeep)
    work = build_work(settings, stores.wake_ups, floors)
    operation = build_operation(settings, stores, foundation, work)
    people = (foundation, logins, accounts, mails)
    faces = (tus, pypi, npm, npm_accounts, build_npm_lookup(settings, names))
    return Services(*people, names, content, sessions, *faces, releases, upkeep, work, operation)


def start_background(app: Flask) -> None:
    """Let this process work in the background from now on. Never called while the application is built."""
    with app.app_context():
        background_of(app).start()


def stop_background(app: Flask, patience_seconds: float) -> None:
    """Let this process take up nothing more, and give back what it cannot finish in time."""
    with app.app_context():
        background_of(app).stop(patience_seconds)


def background_of(app: Flask) -> Background:
    """Return the background work of an application in this process."""
    background: Background = app.extensions["services"][Background]
    return background
