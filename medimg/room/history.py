"""The rounds so far as the stop rules need them, from what each round left behind."""

import json
from typing import Any

import numpy as np

from medimg.active.stopping import Round
from medimg.room.folder import Folder
from medimg.room.store import Store

FACTS = ("labels", "open", "max_entropy", "high_entropy", "gain_high", "score_low")


def history(store: Store, folder: Folder) -> list[Round]:
    """Every trained round, the oldest first; answers on the stop set only where it is that of the newest round."""
    told = [_facts(folder, one.round.number, one.details) for one in store.rounds() if one.state in ("trained", "scored")]
    newest = told[-1].get("stop_set_of") if told else None
    return [_round(one, same=newest is not None and one.get("stop_set_of") == newest) for one in told]


def _facts(folder: Folder, number: int, details: Any) -> dict[str, Any]:
    """The facts of a round from its folder, or, where that was deleted, what the store keeps of them."""
    path = folder.round(number).facts
    if path.is_file():
        found = json.loads(path.read_text())
        return {**found["round_facts"], "stop_set_of": found["stop_set_of"]}
    return dict(details.get("scored", {}))


def _round(told: dict[str, Any], *, same: bool) -> Round:
    known: dict[str, Any] = {name: told.get(name) for name in FACTS}
    answers = told.get("stop_set") if same else None
    return Round(**known, stop_set=None if answers is None else np.asarray(answers))
