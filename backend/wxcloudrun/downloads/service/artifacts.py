"""One artifact, and who holds it, as far as the caller may see."""

from dataclasses import dataclass

from wxcloudrun.artifacts.reads import Artifact, SeenReference, seen_artifact
from wxcloudrun.downloads import queries
from wxcloudrun.downloads.queries import Holders
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.names import is_sha256
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text


@dataclass(frozen=True, slots=True)
class SeenArtifact:
    """An artifact with the references that the caller may see."""

    artifact: Artifact
    seen: SeenReference
    holders: Holders


class ArtifactService:
    """Looks artifacts up by their digest."""

    def get(self, actor: Actor, digest: str) -> SeenArtifact:
        """Show an artifact that some package which the caller may read holds. Raises NotFound."""
        with reading() as session:
            seen = seen_artifact(session, actor, digest) if is_sha256(digest) else None
            if seen is None:
                raise actor.unseen(text("that artifact"))
            return SeenArtifact(*seen, queries.holders(session, actor, digest))
