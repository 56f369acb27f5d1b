"""What other domains may read here: the table of recovery codes."""

from wxcloudrun.second_factors.models import RecoveryCode

__all__ = ["RecoveryCode"]
