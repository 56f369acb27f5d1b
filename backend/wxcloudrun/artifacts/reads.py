"""What other domains may read here: tables to join on, the mixin of what keeps bytes alive, provenance."""

from wxcloudrun.artifacts.models import (
    Artifact,
    Lease,
    ObjectKey,
    PendingDeletion,
    Provenance,
    Reference,
    artifact_index,
)
from wxcloudrun.artifacts.queries import (
    SeenReference,
    artifact,
    provenance_in,
    ref_count,
    reference_tables,
    seen_artifact,
    seen_reference,
)

__all__ = [
    "Artifact",
    "Lease",
    "ObjectKey",
    "PendingDeletion",
    "Provenance",
    "Reference",
    "SeenReference",
    "artifact",
    "artifact_index",
    "provenance_in",
    "ref_count",
    "reference_tables",
    "seen_artifact",
    "seen_reference",
]
