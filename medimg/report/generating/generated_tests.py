"""What networks learn from generated pictures, tested on real ones; and the paper's way of testing on generated ones too."""

from collections.abc import Sequence

from medimg.report.folder import RunFolder
from medimg.report.others import records
from medimg.report.table import Cell, Table, count_cell, measure_cell, name_cell
from medimg.report.words import finite, words

LEARNED = {"real": "Real images", "generated": "Generated images only", "both": "Real and generated images"}


def real_test_table(run: RunFolder) -> Table:
    """Networks trained on real, generated or both kinds of pictures, tested on the same real ones."""
    lines = []
    for row in records(run, "real_test", {"trained_on", "auroc"}):
        learned, tested = str(row["trained_on"]), str(row.get("tested_on") or "–")
        own = {"estimate": row["auroc"], "undefined": row.get("reason")} | {name: row.get(name) for name in ("low", "high", "method")}
        names = [name_cell(LEARNED.get(learned, words(learned))), name_cell(words(tested))]
        lines.append([*names, count_cell(row.get("n")), count_cell(row.get("patients")), measure_cell(own)])
    note = "The nearer generated images alone come to real ones, the more they hold of what tells the classes apart."
    return Table("Trained on generated, tested on real", ["Trained on", "Tested on", "Images", "Patients", "AUROC"], lines, note)


def generated_test_table(run: RunFolder) -> Table:
    """Recognised of shown, where generated pictures are among the shown."""
    lines = []
    for row in records(run, "generated_test", {"class", "share"}):
        share = finite(row["share"])
        told = Cell("–" if share is None else f"{100 * share:.1f} %", look="num")
        lines.append([name_cell(words(str(row["class"]))), *(count_cell(row.get(name)) for name in ("recognised", "shown")), told])
    lacking = [line[0].text for line in lines if line[2].text == "0"]
    note = "A network that knows a generator's habits recognises its images; how it does on patients stands under Results."
    return Table("Tested on generated images", ["Class", "Recognised", "Shown", "Share"], lines, f"{note} {lacking_note(lacking)}".strip())


def lacking_note(lacking: Sequence[str]) -> str:
    """Name the sets of labels that no images were generated of; empty where there are none."""
    return f"No images were generated of {', '.join(map(words, lacking))}, so 'all' holds none of these." if lacking else ""
