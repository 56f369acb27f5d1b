"""What other domains may read here: tables to join on, and which projects an actor sees."""

from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.projects.queries import (
    Sight,
    access,
    access_in,
    accesses,
    is_there,
    names_of,
    project,
    projects_solely_owned_by,
    visible,
    visible_project_id,
    visible_to,
    who,
)

__all__ = [
    "Membership",
    "Project",
    "Sight",
    "access",
    "access_in",
    "accesses",
    "is_there",
    "names_of",
    "project",
    "projects_solely_owned_by",
    "visible",
    "visible_project_id",
    "visible_to",
    "who",
]
