"""Small stores of labels: items i0, i1 ... with tokens t0, t1 ..., two of each patient, for readers who get all of them."""

from uuid import uuid4

from medimg.room.store import Event, Item, Meta, Proposal, Round, Store

CLASSES = ("glioma", "encephalitis")
STEPS = ("labelling", "closed", "trained", "scored")


def items(count, start=0):
    return [
        Item(f"i{k}", f"t{k}", f"p{k // 2}", study=f"s{k // 2}", path=f"images/{k}.dcm", pixel_sha256=f"{k:064x}")
        for k in range(start, start + count)
    ]


def room(folder, count=6, readers=("Ann",), spare=0, **meta):
    """A store whose round 0 is being labelled; the last `spare` items are reserves."""
    store = Store.create(folder / "labels.sqlite", Meta("project", CLASSES, **meta))
    store.add_items(items(count))
    everyone = [store.add_reader(name) for name in readers]
    begin(store, 0, {f"i{k}": "reserve" if k >= count - spare else "init" for k in range(count)}, everyone)
    return store


def begin(store, number, reasons, readers):
    """Begin a round and open it: reasons of each item, all of them for every reader."""
    proposals = [Proposal(item, rank, reason) for rank, (item, reason) in enumerate(reasons.items())]
    places = [(item, reader.id, place) for reader in readers for place, item in enumerate(reasons)]
    store.begin_round(Round(number, "random", budget=len(reasons)), proposals, places)
    store.move(number, "labelling")


def finish(store, number):
    """Take a round that is being labelled to its end."""
    for step in STEPS[1:]:
        store.move(number, step)


class Hand:
    """One reader's acts, each under a key of its own."""

    def __init__(self, store, name="Ann", number=0):
        self.store, self.number = store, number
        self.id = {reader.name: reader.id for reader in store.readers()}[name]

    def act(self, kind, item, value="", **more):
        given = {"client_key": str(uuid4()), "reader": self.id, "item": item, "round": self.number, "kind": kind}
        return self.store.write(Event(**(given | {"value": value} | more)))

    def label(self, item, value="glioma", **more):
        return self.act("label", item, value, **more)

    def skip(self, item, reason="corrupt"):
        return self.act("skip", item, reason=reason)

    def undo(self, item, seq=None):
        return self.act("undo", item, supersedes=seq)

    def queue(self):
        return self.store.queue(self.id, self.number)

    def labels(self):
        """Label of each item that this reader's labels stand for."""
        frame = self.store.current_labels()
        own = frame[frame["reader"] == self.id]
        return dict(zip(own["item"], own["label"], strict=True))
