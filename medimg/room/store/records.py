"""The records of a reading room, as plain data: who reads what, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["pool", "val", "test", "known", "context"]  # context: shown beside others and never asked for
ReaderRole = Literal["expert", "adjudicator", "import", "machine"]
RoundState = Literal["proposed", "labelling", "closed", "trained", "scored"]
Why = Literal["strategy", "random", "init", "repeat", "double", "relabel", "reserve"]
PlaceState = Literal["open", "labelled", "skipped"]

ROLES: tuple[Role, ...] = ("pool", "val", "test", "known", "context")
READER_ROLES: tuple[ReaderRole, ...] = ("expert", "adjudicator", "import", "machine")
STATES: tuple[RoundState, ...] = ("proposed", "labelling", "closed", "trained", "scored")
WHYS: tuple[Why, ...] = ("strategy", "random", "init", "repeat", "double", "relabel", "reserve")
KINDS = (
    "view_open", "label", "skip", "flag", "comment", "undo", "reveal", "revise_after_reveal", "adjudicate", "import", "exclude", "pause",
    "resume",
)  # fmt: skip
ANSWERS = ("label", "skip", "import")  # kinds that answer a place; the last one that was not undone stands
UNDONE = ("label", "skip", "flag", "comment", "revise_after_reveal", "adjudicate", "exclude")  # kinds that an undo may name
SKIPS = ("poor_quality", "not_decidable", "wrong_sequence", "out_of_scope", "corrupt")
CONFIDENCES = ("", "certain", "probable", "guess")


@dataclass(frozen=True)
class Meta:
    """What holds for a whole project and is written once."""

    project: str
    classes: tuple[str, ...]
    manifest_sha256: str = ""
    skip_policy: Literal["replace", "count", "retry_end"] = "replace"
    exclude_after: int = 1  # readers who skip an item until it leaves the pool
    unresolved: Literal["drop", "majority"] = "drop"  # what becomes of items on which readers disagree
    train_on: Literal["first", "final"] = "first"  # the answer before or after the model was shown


@dataclass(frozen=True)
class Item:
    """One thing to be labelled. `token` is all that leaves the server; `slice_mm` None where the place in the body is unknown."""

    id: str
    token: str
    patient: str
    study: str = ""
    series: str = ""
    sequence: str = ""
    slice_mm: float | None = None
    frame: int = -1
    path: str = ""
    pixel_sha256: str = ""
    role: Role = "pool"


@dataclass(frozen=True)
class Reader:
    """Somebody or something that answers."""

    id: int
    name: str
    role: ReaderRole = "expert"


@dataclass(frozen=True)
class Round:
    """One batch and how it was chosen; `model` names the network that scored the pool, "" for none."""

    number: int
    strategy: str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    model: str = ""
    budget: int = 0


@dataclass(frozen=True)
class RoundNow:
    """A round, the state it is in since `at_utc`, and what each step left behind (state -> detail)."""

    round: Round
    state: RoundState
    at_utc: str
    details: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Proposal:
    """Why an item is in a round. `inclusion`: its probability of being drawn, of the random share; `probabilities`: of each class."""

    item: str
    rank: int
    reason: Why = "strategy"
    score: float | None = None
    inclusion: float | None = None
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class Event:
    """Something a reader did. `client_key` is made by the page, once for each act, and makes a repeated post harmless.

    `supersedes`: the seq an undo takes back. `shown_prob`: probability of each class that the reader could see. `view`: window, zoom
    and the like. `dwell_ms`: time from the image's appearance; `mono_ms`: the page's monotonic clock.
    """

    client_key: str
    reader: int
    item: str | None
    round: int | None
    kind: str
    value: str = ""
    confidence: str = ""
    reason: str = ""
    supersedes: int | None = None
    shown_model: str | None = None
    shown_prob: tuple[float, ...] | None = None
    reveal: str = ""
    view: Mapping[str, Any] = field(default_factory=dict)
    dwell_ms: int = 0
    mono_ms: int = 0


@dataclass(frozen=True)
class Stored:
    """The receipt of an event that is on the disk; `repeated`: it was there before."""

    seq: int
    hash: str
    repeated: bool


@dataclass(frozen=True)
class Place:
    """One place in a reader's queue; `label` is the standing answer, "" where there is none."""

    item: str
    token: str
    position: int
    state: PlaceState
    label: str = ""
    seq: int | None = None  # of the standing answer


@dataclass(frozen=True)
class Answer:
    """A standing answer of a reader, that an undo would take back."""

    seq: int
    item: str
    token: str
    round: int | None
    kind: str
    value: str


@dataclass(frozen=True)
class Verification:
    """Whether the store is what was written, up to event `seq`, and what speaks against it."""

    ok: bool
    seq: int
    faults: tuple[str, ...]
