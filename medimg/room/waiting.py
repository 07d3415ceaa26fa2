"""What an open round waits for."""

from collections.abc import Set
from pathlib import Path

from medimg.io.files import write_atomically
from medimg.room.exchange.csv import places, text
from medimg.room.store import Store


def waiting(store: Store, imported: Set[str] | None = None) -> dict[str, int]:
    """How many places of the open round wait for an answer, by reader; images that an import has labelled wait no more."""
    rounds = store.rounds()
    if not rounds or rounds[-1].state not in ("proposed", "labelling"):
        return {}
    told, number = by_import(store) if imported is None else imported, rounds[-1].round.number
    left = {reader.name: len(_open(store, reader.id, number, told)) for reader in store.readers()}
    return {name: count for name, count in left.items() if count}


def write_waiting(store: Store, path: Path) -> None:
    """Write the places that wait for an answer as a table to be filled in and imported: columns label, confidence and skip are empty."""
    number, told = store.rounds()[-1].round.number, by_import(store)
    left = {(reader.name, token) for reader in store.readers() for token in _open(store, reader.id, number, told)}
    table = places(store.history(), number)
    rows = [pair in left for pair in zip(table["reader"], table["token"], strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text(table[rows]))


def _open(store: Store, reader: int, number: int, told: Set[str]) -> list[str]:
    return [place.token for place in store.queue(reader, number) if place.state == "open" and place.item not in told]


def by_import(store: Store) -> Set[str]:
    """Ids of the images that an import has labelled."""
    labels, given = store.current_labels(), {reader.id for reader in store.readers() if reader.role == "import"}
    return set(labels["item"][labels["reader"].isin(given)])
