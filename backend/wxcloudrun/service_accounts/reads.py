"""What other domains may read here: the table of service accounts, and which may join a project."""

from wxcloudrun.service_accounts.models import ServiceAccount
from wxcloudrun.service_accounts.queries import mark_users_deleted, may_join

__all__ = [
    "ServiceAccount",
    "mark_users_deleted",
    "may_join",
]
