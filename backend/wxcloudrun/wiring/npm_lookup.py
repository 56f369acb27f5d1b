"""What answers questions about a whole registry of npm, put together."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.npm_lookup.gateway import ForwardedAudit
from wxcloudrun.npm_lookup.service.auditing import AuditMode, NpmAuditService
from wxcloudrun.npm_lookup.service.searching import NpmSearchService
from wxcloudrun.wiring.registry import NameServices


@dataclass(frozen=True)
class NpmLookupServices:
    """The services of questions about a whole registry."""

    npm_search: NpmSearchService
    npm_audit: NpmAuditService


def build_npm_lookup(settings: Settings, names: NameServices) -> NpmLookupServices:
    """Build them on names."""
    upstream = None if settings.npm_audit_url is None else ForwardedAudit(settings.npm_audit_url)
    mode = AuditMode(settings.npm_audit)
    return NpmLookupServices(
        npm_search=NpmSearchService(packages=names.packages),
        npm_audit=NpmAuditService(packages=names.packages, mode=mode, upstream=upstream),
    )
