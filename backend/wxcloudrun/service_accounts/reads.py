"""What other domains may read here: the table of service accounts, and which may join a project."""

from wxcloudrun.service_accounts.models import ServiceAccount
from wxcloudrun.service_accounts.queries import may_join

__all__ = [
    "ServiceAccount",
    "may_join",
]
