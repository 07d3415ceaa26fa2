"""The store of labels: one SQLite file to which rows are only added, and which answers only when they are on the disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medimg.room.store import events, rounds
from medimg.room.store.clock import now
from medimg.room.store.database import Database
from medimg.room.store.faults import Conflict
from medimg.room.store.keeper import Keeper
from medimg.room.store.opening import make, opened
from medimg.room.store.reading import Reading
from medimg.room.store.records import Event, Item, Meta, Proposal, Reader, ReaderRole, Round, RoundState, Stored


class Store(Reading):
    """Threads may share one; several processes may each open one. Close it, or use it in a `with`."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._keeper = Keeper(db.path)

    @classmethod
    def create(cls, path: Path, meta: Meta) -> "Store":
        """Make a store that is whole or not there at all; StoreError where one is already."""
        make(path, meta)
        return cls.open(path, writer=True)

    @classmethod
    def open(cls, path: Path, *, writer: bool) -> "Store":
        """Open a store; a writer checks all of it first. StoreDamaged names the newest good copy and how many events it lacks."""
        return cls(opened(path, writer=writer))

    @property
    def warnings(self) -> list[str]:
        """What a person should know about where the store lies, and about copies that could not be made."""
        network = "the store lies on a network file system: it is slower there, and only one machine may use it at a time."
        return [network] * self._db.network + [self._keeper.fault] * bool(self._keeper.fault)

    def add_items(self, items: Iterable[Item]) -> int:
        """Add items, in one transaction; returns how many were new. Conflict where one is known with other values."""
        new = 0
        with self._db.transaction():
            for one in items:
                row = self._db.one("SELECT * FROM item WHERE item = ?", (one.id,))
                if row is None:
                    new += 1
                    self._db.add("item", {("item" if name == "id" else name): value for name, value in asdict(one).items()})
                elif Item(*row) != one:
                    raise Conflict(f"item {one.id} is known with other values. A changed image is a new item.")
        return new

    def add_reader(self, name: str, role: ReaderRole = "expert") -> Reader:
        """Add a reader, or find the one of that name; Conflict where it has another role."""
        with self._db.transaction():
            for one in self.readers():
                if one.name == name and one.role != role:
                    raise Conflict(f"reader {name} is {one.role}, not {role}. Use another name.")
                if one.name == name:
                    return one
            return Reader(self._db.add("reader", {"name": name, "at_utc": now(), "role": role}), name, role)

    def begin_round(self, told: Round, proposals: Sequence[Proposal], assignments: Iterable[rounds.Assignment]) -> None:
        """Fix a batch in one transaction: (item, reader, position) for each place. Reserves get places too, and appear when needed."""
        rounds.begin(self._db, self._first, told, proposals, assignments)

    def move(self, number: int, to: RoundState, detail: Mapping[str, Any] | None = None) -> None:
        """Take a round on: proposed, labelling, closed, trained, scored; Refused any other way. Closing waits for a copy."""
        rounds.move(self._db, self._first, number, to, detail or {})
        if to == "closed":
            self._keeper.now()

    def write(self, event: Event) -> Stored:
        """Write one event; returns when it is on the disk. The same key again gives the first receipt."""
        return self.write_all([event])[0]

    def write_all(self, all_of: Sequence[Event]) -> list[Stored]:
        """Write several events in one transaction, all or none."""
        receipts = events.write(self._db, self._first, self.meta, all_of)
        self._keeper.told([one.seq for one in receipts if not one.repeated])
        return receipts

    def backup(self) -> Path:
        """Copy the store now."""
        return self._keeper.now()

    def close(self) -> None:
        """Wait for a copy that is being made, and let go of the file."""
        self._keeper.close()
        self._db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
