"""The store of labels: `Store` and the records it takes and gives."""

from medimg.room.store.faults import Conflict, Refused, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from medimg.room.store.history import History
from medimg.room.store.records import (
    CONFIDENCES,
    KINDS,
    SKIPS,
    Answer,
    Event,
    Item,
    Meta,
    Place,
    Proposal,
    Reader,
    Round,
    RoundNow,
    Stored,
    Verification,
)
from medimg.room.store.store import Store

__all__ = [
    "CONFIDENCES", "KINDS", "SKIPS", "Answer", "Conflict", "Event", "History", "Item", "Meta", "Place", "Proposal", "Reader", "Refused",
    "Round", "RoundNow", "Store", "StoreBusy", "StoreDamaged", "StoreError", "StoreFull", "StoreReadOnly", "Stored", "Verification",
]  # fmt: skip
