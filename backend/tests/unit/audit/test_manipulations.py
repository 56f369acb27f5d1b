"""What somebody does who may write everything in the database, and what the verification finds of it.

The last ones leave nothing inside by which they could be found; an end that was kept elsewhere finds them.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.support.apps import AppWith
from tests.support.moments import Clock
from tests.unit.audit.conftest import keys_of
from tests.unit.audit.test_chain import write
from wxcloudrun.audit.gateway import FILE_NAME
from wxcloudrun.audit.models import AuditCheckpoint, AuditEntry, AuditHead, AuditLink
from wxcloudrun.audit.rules import AuditKeys, Head
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.outside import read_heads
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base, Transaction, atomically, reading
from wxcloudrun.kit.services import at_hand

TABLES = (AuditEntry, AuditLink, AuditHead, AuditCheckpoint)
STRANGER = keys_of("a secret that somebody else has made up")

type Rows = dict[type[Base], list[dict[str, Any]]]


class Intruder:
    """Somebody with the database in their hands, who knows its tables and how they hang together."""

    def __init__(self, time: Clock) -> None:
        self.time = time
        self.dumps: list[Rows] = []
        self.audit: AuditService

    def dump(self) -> Self:
        """Keep a copy of all that there is."""
        with reading() as session:
            self.dumps.append(
                {
                    table: [dict(row) for row in session.execute(select(table.__table__)).mappings()]
                    for table in TABLES
                }
            )
        return self

    def restore(self, *tables: type[Base]) -> Self:
        """Put the first copy back."""
        for table in tables:
            self.do(delete(table))
            for row in self.dumps[0][table]:
                self.do(insert(table).values(row))
        return self

    def do(self, *statements: Any) -> Self:
        """Run statements, past everything that our own code has against it."""

        def work(tx: Transaction) -> None:
            for statement in statements:
                tx.session.connection().execute(statement)

        atomically(work)
        return self

    def change(self, position: int, **values: Any) -> Self:
        """Edit the entry at a place."""
        self.do(update(AuditEntry).where(AuditEntry.id == self.id_at(position)).values(**values))
        return self

    def entry(self, position: int) -> dict[str, Any]:
        """Read the entry at a place."""
        with reading() as session:
            wanted = select(AuditEntry.__table__).where(AuditEntry.id == self.id_at(position))
            return dict(session.execute(wanted).mappings().one())

    def id_at(self, position: int) -> int:
        """Return the id of the entry at a place."""
        return int(next(row["entry_id"] for row in self.dumps[0][AuditLink] if row["position"] == position))

    def remove(self, *positions: int, links: bool = True) -> Self:
        """Take entries away, with their links."""
        ids = [self.id_at(position) for position in positions]
        self.do(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
        if links:
            self.do(delete(AuditLink).where(AuditLink.entry_id.in_(ids)))
        return self

    def forge(self, **values: Any) -> Self:
        """Write an entry that looks like the last one."""
        row = {**self.entry(10), "action": "nothing.bad", **values}
        if "id" not in values:
            del row["id"]
        self.do(insert(AuditEntry).values(row))
        return self

    def exchange(self, table: type[Base], key: Any, one: int, other: int) -> Self:
        """Let two rows have each other's key."""
        away = 10**9
        for old, new in ((one, away), (other, one), (away, other)):
            self.do(update(table).where(key == old).values({key.key: new}))
        return self

    def head_to(self, position: int) -> Self:
        """Let the head say that the chain ends there."""
        link = next(row for row in self.dumps[0][AuditLink] if row["position"] == position)
        self.do(update(AuditHead).values(position=position, mac=link["mac"]))
        return self

    def write(self, count: int) -> Self:
        """Let the service write entries."""
        write(count)
        return self

    def wait(self, hours: int) -> Self:
        """Let time pass."""
        self.time.advance(hours=hours)
        return self

    def chain(self) -> Self:
        """Wait until the service has chained what it found."""
        self.audit.chain()
        return self

    def seal_it_with_another_key(self) -> Self:
        """Write an entry with everything that belongs to one, but for the key."""
        row = {**self.entry(10), "action": "nothing.bad"}
        del row["id"], row["seal"]
        self.do(insert(AuditEntry).values({**row, "seal": STRANGER.born(row)}))
        self.chain()
        return self

    def write_it_now(self, seal: str | None) -> Self:
        """Write an entry of this moment at the end."""
        self.forge(at=clock.now(), seal=seal)
        self.chain()
        return self

    def put_back_later(self) -> Self:
        """Hide an entry from the chain, and put it back when it looks old."""
        write(1)
        with reading() as session:
            newest = select(AuditEntry.__table__).order_by(AuditEntry.id.desc()).limit(1)
            row = dict(session.execute(newest).mappings().one())
        self.do(delete(AuditEntry).where(AuditEntry.id == row["id"]))
        self.time.advance(minutes=30)
        write(1)
        self.chain()
        self.do(insert(AuditEntry).values(row))
        self.chain()
        return self

    def start_anew(self) -> Self:
        """Empty everything but the entries, and let the service sign what is left."""
        self.do(*(delete(table) for table in (AuditLink, AuditHead, AuditCheckpoint)))
        with pytest.raises(Exception, match="has lost its beginning"):
            self.chain()
        return self

    def leave_it_unchained(self) -> Self:
        """Keep the service from chaining."""
        write(1)
        self.time.advance(minutes=2, seconds=1)
        return self


# fmt: off
# ruff: noqa: E501 - a table reads better with a row in a line
type Deed = Callable[[Intruder], object]

# What is done, and the kinds of findings of which one at least says so.
FOUND_INSIDE: Mapping[str, tuple[Deed, set[str]]] = {
    "say that somebody else did it": (lambda it: it.change(4, actor_id=7), {"edited"}),
    "say that something else was done": (lambda it: it.change(4, action="thing.seen"), {"edited"}),
    "say that it was done to something else": (lambda it: it.change(4, object="thing/x"), {"edited"}),
    "say that it came from elsewhere": (lambda it: it.change(4, address="192.0.2.1"), {"edited"}),
    "date it back": (lambda it: it.change(4, at=clock.now() - timedelta(1)), {"edited"}),
    "change what was before and after": (lambda it: it.change(4, before="{}", after="{}"), {"edited"}),
    "change the credential": (lambda it: it.change(4, credential="jwt", credential_id="1"), {"edited"}),
    "change the seal": (lambda it: it.change(4, seal="0" * 80), {"edited"}),
    "take the seal away": (lambda it: it.change(4, seal=None), {"edited"}),
    "delete the first": (lambda it: it.remove(1), {"missing"}),
    "delete one in the middle": (lambda it: it.remove(5), {"missing"}),
    "delete the last": (lambda it: it.remove(10), {"missing"}),
    "delete one and leave its link": (lambda it: it.remove(5, links=False), {"missing"}),
    "delete the last ones and set the head back": (
        lambda it: (it.remove(8, 9, 10), it.head_to(7)), {"edited"},
    ),
    "exchange two entries": (lambda it: it.exchange(AuditEntry, AuditEntry.id, it.id_at(3), it.id_at(6)), {"edited"}),
    "exchange two links": (lambda it: it.exchange(AuditLink, AuditLink.position, 3, 6), {"reordered"}),
    "give one another id": (
        lambda it: it.do(
            update(AuditEntry).where(AuditEntry.id == it.id_at(4)).values(id=it.id_at(10) + 50)
        ), {"missing"},
    ),
    "copy one over another": (
        lambda it: it.change(4, **{name: value for name, value in it.entry(5).items() if name != "id"}), {"edited"},
    ),
    "copy one to the end": (lambda it: (it.forge(action=it.entry(10)["action"]), it.chain()), {"copied"}),
    "write one without a seal": (lambda it: it.write_it_now(None), {"forged"}),
    "write one with the seal of another": (lambda it: it.write_it_now(it.entry(10)["seal"]), {"forged"}),
    "seal one with another key": (lambda it: it.seal_it_with_another_key(), {"forged"}),
    "write one into the past": (
        lambda it: (
            it.remove(5), it.wait(2), it.write(1), it.chain(), it.forge(id=it.id_at(5)),
        ), {"inserted"},
    ),
    "hide one and put it back later": (lambda it: it.put_back_later(), {"backwards"}),
    "keep one from being chained": (lambda it: it.leave_it_unchained(), {"unchained"}),
    "empty the entries": (lambda it: it.do(delete(AuditEntry)), {"missing"}),
    "empty the links": (lambda it: it.do(delete(AuditLink)), {"missing"}),
    "take the head away": (lambda it: it.do(delete(AuditHead)), {"missing"}),
    "take the beginning away": (lambda it: it.do(delete(AuditCheckpoint)), {"missing"}),
    "let the service sign everything anew": (lambda it: it.start_anew(), {"missing"}),
    "empty everything": (lambda it: it.do(*(delete(each) for each in TABLES)), {"missing"}),
    "move the beginning": (
        lambda it: it.do(update(AuditCheckpoint).values(position=10)), {"forged"},
    ),
    "say that all was pruned": (
        lambda it: (
            it.do(update(AuditCheckpoint).values(kind="pruned", position=10)), it.remove(*range(1, 11)),
        ), {"forged"},
    ),
    "set the counter of the head back": (lambda it: it.do(update(AuditHead).values(counter=1)), {"edited"}),
    "put back the older head": (
        lambda it: (it.write(1), it.chain(), it.restore(AuditHead)), {"reordered"},
    ),
}

FOUND_OUTSIDE: Mapping[str, Deed] = {
    "put back an older copy of everything": lambda it: it.restore(*TABLES),
    "put back an older copy and go on until it is as long": lambda it: (
        it.restore(*TABLES), it.write(4), it.chain(), it.write(1), it.chain(),
    ),
}
# fmt: on


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that does not belong to the database."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture
def app(app_with: AppWith, elsewhere: Path) -> Flask:
    """An application that keeps its heads in a file too."""
    (elsewhere / FILE_NAME).unlink(missing_ok=True)
    return app_with(AUDIT_HEADS_DIR=str(elsewhere))


@pytest.fixture
def intruder(audit: AuditService, time: Clock) -> Intruder:
    """Somebody who has found ten entries, all in the chain."""
    it = Intruder(time)
    it.audit = audit
    write(10)
    audit.chain()
    it.dump()
    return it


def kinds(audit: AuditService) -> set[str]:
    """Return what a verification finds."""
    return {finding.kind for finding in audit.check().findings}


@pytest.mark.usefixtures("intruder")
def test_given_nothing_was_done_then_nothing_is_found(audit: AuditService) -> None:
    assert kinds(audit) == set()


@pytest.mark.parametrize("deed", FOUND_INSIDE)
def test_given_a_manipulation_then_it_is_found(audit: AuditService, intruder: Intruder, deed: str) -> None:
    act, expected = FOUND_INSIDE[deed]

    act(intruder)

    assert kinds(audit) & expected, kinds(audit)


@pytest.mark.parametrize("deed", FOUND_OUTSIDE)
def test_given_one_that_leaves_nothing_inside_then_an_end_kept_elsewhere_finds_it(
    audit: AuditService, intruder: Intruder, app: Flask, deed: str
) -> None:
    write(2)
    audit.chain()
    kept = kept_lines(app)

    FOUND_OUTSIDE[deed](intruder)

    assert "went_back" in kinds(audit)
    kept_file(app).unlink()
    assert kinds(audit) == set(), "nothing inside tells"
    assert "went_back" in {each.kind for each in audit.check(heads=read_heads(kept)).findings}


def kept_file(app: Flask) -> Path:
    """Return where the application keeps its heads."""
    return Path(app.extensions["settings"].audit_heads_dir) / FILE_NAME


def kept_lines(app: Flask) -> list[str]:
    """Return the heads that it has kept."""
    return kept_file(app).read_text().splitlines()


def test_given_a_head_from_before_there_were_counters_then_it_is_no_end_any_more(
    app: Flask, audit: AuditService, intruder: Intruder
) -> None:
    with app.app_context():
        keys = at_hand(AuditKeys)
    seventh = next(row for row in intruder.dumps[0][AuditLink] if row["position"] == 7)
    old = Head(10**6, 7, seventh["mac"], seventh["entry_id"], None)
    intruder.remove(8, 9, 10)

    intruder.do(
        update(AuditHead).values(
            counter=old.counter, position=7, mac=old.mac, settled_id=old.settled_id, at=None,
            seal=keys.sign(old.sealed),
        )
    )  # fmt: skip
    kept_file(app).unlink(missing_ok=True)

    assert kinds(audit) == {"edited"}


def test_given_an_older_copy_that_ends_before_a_place_that_was_sealed_then_the_rest_is_missing(
    app: Flask, audit: AuditService, intruder: Intruder
) -> None:
    intruder.do(delete(AuditCheckpoint)).write(3)
    audit.begin(again=True)
    kept_file(app).unlink(missing_ok=True)
    assert kinds(audit) == set()

    intruder.restore(AuditEntry, AuditLink, AuditHead)

    assert kinds(audit) == {"missing"}
