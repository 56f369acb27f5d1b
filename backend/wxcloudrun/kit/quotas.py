"""How many of a thing somebody may have, asked where one more is to be made.

A quota is there against growth without end. It is asked before the row is written and locks nothing: who asks
in the same moment as others may get one beyond it.
"""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session


def is_reached(session: Session, rows: Select[*tuple[Any, ...]], limit: int) -> bool:
    """Tell whether there are as many of these rows as there may be; looks at no more than those."""
    return session.execute(rows.offset(limit - 1).limit(1)).first() is not None
