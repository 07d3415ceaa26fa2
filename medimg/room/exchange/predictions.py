"""What the network of the last trained round says of every image."""

import pandas as pd

from medimg.errors import NothingToDo, RunError
from medimg.recipes.rounds.state import read_state
from medimg.room.folder import Folder, RoundFolder
from medimg.room.store import Store

HELD = ("val", "test")
NAMES = ["token", "item", "pixel_sha256", "image", "patient", "sequence", "role"]


def predictions(store: Store) -> pd.DataFrame:
    """One row for each image: its names, role, the round, `learnt` (yes, no) and p_<class>, the probability of each class.

    `learnt`: the network was trained on the image's label, so its answer is no judgement of that label. Of validation patients no
    label is learnt, but their images chose the epoch. NothingToDo where no round is trained, RunError where its answers are gone.
    """
    trained = [one.round.number for one in store.rounds() if "trained" in one.details]
    if not trained:
        raise NothingToDo("no round is trained yet, so there are no predictions. medimg active-label goes on.")
    folder = Folder(store.path.parents[1]).round(trained[-1])
    found = pd.concat([_pool(folder, store.meta.classes), *(_held(folder, part) for part in HELD)])
    named = store.items().rename(columns={"path": "image"})[NAMES]
    found = found.astype({f"p_{name}": float for name in store.meta.classes}).assign(round=trained[-1])
    return named.merge(found, on="item").sort_values("item", ignore_index=True)


def _pool(folder: RoundFolder, classes: tuple[str, ...]) -> pd.DataFrame:
    state = read_state(folder.train)
    if state is None or not folder.pool.is_file():
        raise RunError(f"what the network of round {folder.path.name} said of the pool was removed. medimg active-label makes it again.")
    table = pd.DataFrame(state.pool.probabilities, columns=[f"p_{name}" for name in classes])
    table.insert(0, "item", pd.read_csv(folder.pool, dtype=str, keep_default_na=False)["id"])
    table.insert(1, "learnt", "no")
    table.loc[state.labelled, "learnt"] = "yes"
    return table


def _held(folder: RoundFolder, part: str) -> pd.DataFrame:
    path = folder.cases(part)
    if not path.is_file():
        return pd.DataFrame()
    table = pd.read_csv(path, dtype={"id": str}).rename(columns={"id": "item"})
    return table[["item", *(name for name in table if str(name).startswith("p_"))]].assign(learnt="no")
