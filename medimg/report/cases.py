"""The worst errors of a run, each with its picture and heat-map where the run has them."""

from dataclasses import dataclass

from medimg.report.folder import Json, RunFolder
from medimg.report.pictures import data_uri
from medimg.report.words import finite, number, scrub, words

MOST_PICTURES = 12
MOST_LINES = 25


@dataclass(frozen=True)
class ErrorCase:
    """One wrongly judged image: row id, labels, probability of what was said, pictures as data: addresses."""

    id: str
    label: str
    predicted: str
    p: str
    note: str
    image: str | None = None
    overlay: str | None = None
    target: str = ""
    of: str = ""  # the class whose probability `p` is, where it need not be the answer
    bare: bool = False  # nothing in the maps weighed spoke for the target, so there is no heat-map


def error_cases(run: RunFolder, images: bool) -> list[ErrorCase]:
    """The worst errors first; pictures only for those the explain stage has drawn."""
    table = run.tables.get("errors")
    if table is None or table.empty or not {"id", "label", "predicted"} <= set(table.columns):
        return []
    drawn = {str(entry.get("id")): entry for entry in run.explained if isinstance(entry, dict)} if images else {}
    cases, pictures = [], 0
    for row in table.head(MOST_LINES).to_dict("records"):
        entry = drawn.get(str(row["id"])) if pictures < MOST_PICTURES else None
        pictures += entry is not None
        cases.append(_case(run, {str(key): value for key, value in row.items()}, entry))
    return cases


def _case(run: RunFolder, row: Json, entry: Json | None) -> ErrorCase:
    note = ", ".join(f"{name} {row[name]}" for name in ("seed", "fold") if name in row and finite(row[name]) is not None)
    found = {"image": _picture(run, entry, "image"), "overlay": _picture(run, entry, "overlay")} if entry else {}
    target = words(str(entry.get("target", ""))) if entry else ""
    return ErrorCase(
        scrub(row["id"]), words(row["label"]), words(row["predicted"]) or "none", number(row.get("p"), 2), note,
        target=target, of=words(row.get("class") or ""), bare=entry is not None and entry.get("overlay") == "", **found,
    )  # fmt: skip


def _picture(run: RunFolder, entry: Json, name: str) -> str | None:
    file = str(entry.get(name) or "")
    path = run.path / "explain" / file
    inside = file and path.resolve().parent == (run.path / "explain").resolve()
    return data_uri(path) if inside else None
