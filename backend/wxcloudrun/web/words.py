"""What fields and parts of paths mean and look like: each domain says it of its own, in its `words.py`.

A meaning is said once for all models that have a field of that name. A model for which it means something
else has a line `Model.field`; a field that occurs once may say it itself (`Field(description=…)`), which
beats both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TEXT: Mapping[str, Any] = {"type": "string", "minLength": 1}
ROW_ID: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
SHA256 = "097043d53535d617efb594e9d9b5e6279e55b67d987e9cacbcaf2eafa5389761"
OLDER = "ba71a55f7c1ae1e5a3c8b1cfbd3b25ea02d4c81b3a3a1f9b1f0a7c6d5e4f3a2b"


@dataclass(frozen=True, slots=True)
class PathPart:
    """A parameter in a URL; one without an example looks like the fields of its name."""

    schema: Mapping[str, Any]
    meaning: str
    example: Any = None


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says for the description of the API, by the names of fields and of parameters in URLs."""

    meanings: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict)
    paths: Mapping[str, PathPart] = field(default_factory=dict)

    @classmethod
    def of_all(cls, several: Iterable["Words"]) -> "Words":
        """Put together what several say. Raises ValueError if two of them speak of the same name."""
        whole: dict[str, dict[str, Any]] = {each.name: {} for each in fields(cls)}
        for words in several:
            for kind, known in whole.items():
                said: Mapping[str, Any] = getattr(words, kind)
                if twice := known.keys() & said.keys():
                    raise ValueError(f"two domains say in their {kind} what these are: {sorted(twice)}")
                known.update(said)
        return cls(**whole)
