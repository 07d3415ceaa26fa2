"""What other runs said of the same patients, taken along into a run folder so that it can be judged beside them at any time."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from medimg.errors import RunError
from medimg.io.files import write_atomically
from medimg.recipes.parts.stages import write_json

FILES = ("predictions/test.csv", "cases.csv", "calibration.json", "evaluation.json")


def take_along(runs: Sequence[str], run: Path) -> None:
    """Copy what a comparison needs of each finished run, once, to a folder of `against/` named by the hash of its predictions.

    Runs are told by their titles, and by their folders' names too where a title comes twice. RunError names what a run lacks.
    """
    known = {path.parent.name for path in (run / "against").glob("*/origin.json")}  # written last
    gone = [source for source in map(Path, runs) if not source.is_dir()]
    if len(gone) > len(known):
        raise RunError(f"evaluate.against={gone[0].name}: there is no such run any more. Name a finished run.")
    for source in (path for path in map(Path, runs) if path.is_dir()):
        lacking = [name for name in FILES if not (source / name).is_file()]
        if lacking:
            raise RunError(
                f"evaluate.against={source.name}: {', '.join(lacking)} is missing. Name a finished run: medimg train resume={source}."
            )
        folder = run / "against" / hashlib.sha256((source / FILES[0]).read_bytes()).hexdigest()[:12]
        if folder.name in known:
            continue
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, (source / name).read_bytes())
        title = str(json.loads((source / "evaluation.json").read_text()).get("title") or source.name)
        write_json(folder / "origin.json", {"run": source.name, "title": title})
