"""What networks learn from generated pictures, tested on real ones; and the paper's way of testing on generated ones too."""

import pandas as pd

from medimg.report.folder import Json, RunFolder
from medimg.report.table import Cell, Table, count_cell, measure_cell, name_cell
from medimg.report.words import finite, words

LEARNED = {"real": "Real images", "generated": "Generated images only", "both": "Real and generated images"}


def real_test_table(run: RunFolder) -> Table:
    """Networks trained on real, generated or both kinds of pictures, tested on the same real ones."""
    lines = []
    for row in _records(run, "real_test", {"trained_on", "auroc"}):
        learned, tested = str(row["trained_on"]), str(row.get("tested_on") or "–")
        own = {"estimate": row["auroc"], "low": row.get("low"), "high": row.get("high"), "undefined": row.get("reason")}
        names = [name_cell(LEARNED.get(learned, words(learned))), name_cell(words(tested))]
        lines.append([*names, count_cell(row.get("n")), count_cell(row.get("patients")), measure_cell(own)])
    note = "The nearer generated images alone come to real ones, the more they hold of what tells the classes apart."
    return Table("Trained on generated, tested on real", ["Trained on", "Tested on", "Images", "Patients", "AUROC"], lines, note)


def generated_test_table(run: RunFolder) -> Table:
    """Recognised of shown, where generated pictures are among the shown."""
    lines = []
    for row in _records(run, "generated_test", {"class", "share"}):
        share = finite(row["share"])
        told = Cell("–" if share is None else f"{100 * share:.1f} %", look="num")
        lines.append([name_cell(words(str(row["class"]))), *(count_cell(row.get(name)) for name in ("recognised", "shown")), told])
    lacking = [line[0].text for line in lines if line[2].text == "0"]
    note = "A network that knows a generator's habits recognises its images; how it does on patients stands under Results."
    note += f" No images were generated of {', '.join(lacking)}, so 'all' holds none of these." if lacking else ""
    return Table("Tested on generated images", ["Class", "Recognised", "Shown", "Share"], lines, note)


def _records(run: RunFolder, name: str, needed: set[str]) -> list[Json]:
    table = run.tables.get(name, pd.DataFrame())
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")] if needed <= set(table) else []
