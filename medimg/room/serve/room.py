"""The parts of an open reading room, put together once."""

from dataclasses import replace

from medimg.room.serve.context import Around
from medimg.room.serve.desk import Desk
from medimg.room.serve.index import Index
from medimg.room.serve.memory import Memory
from medimg.room.serve.pixels import Shelf
from medimg.room.serve.reveal import Reveal
from medimg.room.serve.settings import RoomSettings
from medimg.room.serve.writing import Writing
from medimg.room.store import Item, Reader, Store


class Room:
    """A store with what its readers may see and do."""

    def __init__(self, store: Store, settings: RoomSettings) -> None:
        self.store, self.settings = store, settings
        self._readers: dict[str, Reader] = {}
        self.index, self.memory, self.reveal, self.shelf = Index(store), Memory(store), Reveal(store, settings), Shelf()
        self.desk = Desk(store, self.index, self.memory, self.reveal)
        self.writing = Writing(store, self.index, self.memory, self.reveal, self.desk)

    def reader(self, name: str) -> Reader:
        """The reader of that name; readers are never changed once they are in the store."""
        if name not in self._readers:
            self._readers = {one.name: one for one in self.store.readers()}
        return self._readers[name]

    def around(self, reader: Reader, token: str) -> Around:
        """What lies around an image, as far as the settings show it."""
        found = self.index.around(reader, token)
        if "neighbours" not in self.settings.context:
            others = {name: row[found.at : found.at + 1] for name, row in found.others.items() if row[found.at]}
            found = replace(found, slices=(found.slices[found.at],), at=0, others=others)
        return found if "sequences" in self.settings.context else replace(found, others={})

    def leave_out(self, reader: Reader, item: Item) -> None:
        """Take an image that cannot be shown out of the round; one that was only looked at from another stays."""
        if item.id in [one.item for one in self.desk.waiting(reader)]:
            self.writing.leave_out(item)
