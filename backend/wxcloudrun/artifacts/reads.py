"""What other domains may read here: tables to join on, the mixin of what keeps bytes alive, provenance."""

from wxcloudrun.artifacts.models import (
    Artifact,
    ExtraDigests,
    HeldArtifact,
    Lease,
    ObjectKey,
    PendingDeletion,
    Provenance,
    Reference,
    UntoldDigests,
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
    told,
    with_one_more,
)
from wxcloudrun.artifacts.queries.digests import NOTHING_TOLD, Told, shown, shown_digests, withheld

__all__ = [
    "NOTHING_TOLD",
    "Artifact",
    "ExtraDigests",
    "HeldArtifact",
    "Lease",
    "ObjectKey",
    "PendingDeletion",
    "Provenance",
    "Reference",
    "SeenReference",
    "Told",
    "UntoldDigests",
    "artifact",
    "artifact_index",
    "provenance_in",
    "ref_count",
    "reference_tables",
    "seen_artifact",
    "seen_reference",
    "shown",
    "shown_digests",
    "told",
    "with_one_more",
    "withheld",
]
