"""Every domain in one list: importing its routes imports its tables, so Alembic sees one schema."""

from collections.abc import Sequence

from flask import Blueprint

from wxcloudrun.accounts.routes import accounts
from wxcloudrun.audit.routes import audit
from wxcloudrun.downloads.routes import downloads
from wxcloudrun.health.routes import health
from wxcloudrun.jobs.routes import jobs
from wxcloudrun.kit.limits.sql import RateCounter
from wxcloudrun.maintenance.routes import maintenance
from wxcloudrun.packages.routes import packages
from wxcloudrun.projects.routes import projects
from wxcloudrun.releases.routes import releases
from wxcloudrun.search.routes import search
from wxcloudrun.stats.routes import exposition, stats
from wxcloudrun.tags.routes import tags
from wxcloudrun.uploads.routes import uploads
from wxcloudrun.versions.routes import versions

BLUEPRINTS: Sequence[Blueprint] = (
    health,
    accounts,
    projects,
    packages,
    uploads,
    downloads,
    tags,
    versions,
    releases,
    search,
    audit,
    stats,
    exposition,
    jobs,
    maintenance,
)

KIT_TABLES = (RateCounter,)
