"""Where the files of a project lie: the store of labels is the truth, all else below `active/` can be made again from it."""

import shutil
from pathlib import Path

from medimg.room.store.backups import copies


class Folder:
    """The folder `active/` of a run, and the names in it."""

    def __init__(self, run: Path) -> None:
        self.run, self.active = run, run / "active"
        self.store, self.lock, self.report = self.active / "labels.sqlite", self.active / "LOCK", self.active / "report"
        self.labelled = self.active / "labelled.csv"

    def round(self, number: int) -> "RoundFolder":
        """The folder of one round."""
        return RoundFolder(self.active / "rounds" / f"{number:03d}")

    def there(self) -> bool:
        """Whether the run holds a project; also where only copies of its labels are left."""
        return self.store.is_file() or bool(copies(self.store))


class RoundFolder:
    """What a round leaves: what was asked, the labels it closed with, its network and answers, and last of all its facts."""

    def __init__(self, path: Path) -> None:
        self.path, self.train = path, path / "train"
        self.proposals, self.labels, self.facts = path / "proposals.csv", path / "labels.csv", path / "round.json"
        self.pool, self.log, self.claim = path / "pool.csv", path / "train.log", path / ".lock"

    def cases(self, part: str) -> Path:
        """The table of a part that the round's network was judged on."""
        return self.path / f"{part}.csv"

    def forget(self) -> None:
        """Remove the network and its answers on the pool, which later rounds do not need; labels, tables and facts stay."""
        shutil.rmtree(self.train, ignore_errors=True)
