"""Every domain in one list: importing its routes imports its tables, so Alembic sees one schema."""

from collections.abc import Sequence

from flask import Blueprint

from wxcloudrun.adoption.routes import adoption
from wxcloudrun.audit.routes import audit
from wxcloudrun.downloads.routes import downloads
from wxcloudrun.health.routes import health, home
from wxcloudrun.identity.routes import identity
from wxcloudrun.jobs.routes import jobs
from wxcloudrun.keys.routes import keys
from wxcloudrun.mails.routes import mails
from wxcloudrun.maintenance.routes import maintenance
from wxcloudrun.notices.routes import notices
from wxcloudrun.npm.routes import npm
from wxcloudrun.npm_accounts.routes import npm_accounts
from wxcloudrun.npm_lookup.routes import npm_lookup
from wxcloudrun.packages.routes import packages
from wxcloudrun.projects.routes import projects
from wxcloudrun.pypi.routes import pypi
from wxcloudrun.releases.routes import releases
from wxcloudrun.search.routes import search
from wxcloudrun.second_factors.routes import second_factors
from wxcloudrun.service_accounts.routes import service_accounts
from wxcloudrun.sessions.routes import sessions
from wxcloudrun.stats.routes import exposition, stats
from wxcloudrun.stores.limits.sql import RateCounter
from wxcloudrun.tags.routes import tags
from wxcloudrun.tus.routes import tus
from wxcloudrun.upload_sessions.routes import upload_sessions
from wxcloudrun.uploads.routes import uploads
from wxcloudrun.users.routes import users
from wxcloudrun.versions.routes import versions
from wxcloudrun.ways_in.routes import ways_in
from wxcloudrun.wechat.routes import wechat

BLUEPRINTS: Sequence[Blueprint] = (
    home,
    health,
    users,
    sessions,
    keys,
    wechat,
    second_factors,
    mails,
    notices,
    ways_in,
    identity,
    projects,
    service_accounts,
    packages,
    uploads,
    upload_sessions,
    tus,
    pypi,
    npm,
    npm_accounts,
    npm_lookup,
    downloads,
    tags,
    versions,
    adoption,
    releases,
    search,
    audit,
    stats,
    exposition,
    jobs,
    maintenance,
)

KIT_TABLES = (RateCounter,)
