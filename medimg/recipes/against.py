"""What other runs said of the same patients, taken along into a run folder so that it can be judged beside them at any time."""

import json
from collections.abc import Sequence
from pathlib import Path

from medimg.errors import RunError
from medimg.io.files import write_atomically
from medimg.recipes.stages import write_json

FILES = ("predictions/test.csv", "cases.csv", "calibration.json", "evaluation.json")


def take_along(runs: Sequence[str], run: Path) -> None:
    """Copy what a comparison needs of each finished run to `against/<title>/`, once; RunError names what a run lacks."""
    known = {json.loads(path.read_text())["run"] for path in (run / "against").glob("*/origin.json")}
    for source in (path for path in map(Path, runs) if path.name not in known):
        lacking = [name for name in FILES if not (source / name).is_file()]
        if lacking:
            raise RunError(
                f"evaluate.against={source.name}: {', '.join(lacking)} is missing. Name a finished run: medimg train resume={source}."
            )
        title = str(json.loads((source / "evaluation.json").read_text()).get("title") or source.name)
        folder = run / "against" / "".join(letter if letter.isalnum() else "_" for letter in title)
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, (source / name).read_bytes())
        write_json(folder / "origin.json", {"run": source.name, "title": title})
