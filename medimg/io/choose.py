"""Of several series of one study that show the same sequence, one is taken: originals first, then tags, slices, names. A tie is refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.errors import ManifestError
from medimg.io.identity import hash_ids
from medimg.io.series import FILMS, Evidence, decide
from medimg.io.table import closest, read_table

CANDIDATES = ["study", "series", "modality", "word", "images", "score", "tags", "names", "chosen", "why"]


@dataclass(frozen=True)
class Choice:
    """For each image its word ("" if none) and why it is not taken ("" if it is); one line for each candidate."""

    words: list[str]
    refused: list[str]
    candidates: pd.DataFrame


def read_choices(choices: Path | str | Mapping[str, str] | None) -> dict[str, str]:
    """{hashed series: word} from a mapping or a CSV of series,sequence (or view); an empty word leaves the series out."""
    if choices is None:
        return {}
    if not isinstance(choices, Mapping):
        table = read_table(Path(choices), "table of choices")
        column = next((name for name in ("sequence", "view", "word") if name in table), None)
        if "series" not in table or column is None:
            near = closest("series", table.columns) if "series" not in table else ""
            raise ManifestError(f"table of choices {choices}: needs the columns series and sequence (or view){near}")
        choices = dict(zip(table["series"], table[column], strict=True))
    return dict(zip(hash_ids(choices), choices.values(), strict=True))


def choose(images: pd.DataFrame, *, first_on_tie: bool, told: Mapping[str, str]) -> Choice:
    """Decide the word of each image and which series of a study is taken for it. `images`: one row for each, in order of path."""
    decided = [_word(row, first_on_tie, told) for row in images.to_dict("records")]
    table = images[["study", "series", "modality", "sop", "derived", "dropped"]].copy()
    table["word"], table["why"] = [word for word, _, _ in decided], [why for _, why, _ in decided]
    table["tags"], table["names"] = [e.tags if e else 0 for _, _, e in decided], [e.names if e else 0 for _, _, e in decided]
    table["told"] = [series in told for series in table["series"]]
    refused = pd.Series([_out(row) for row in table.to_dict("records")], index=table.index, dtype=str)
    lines = []
    for key, group in table[table["modality"] == "MR"].groupby(["study", "word"], sort=False):
        lines += _best_of(group, refused, bool(key[1]), first_on_tie)
    for _, group in table[table["modality"] != "MR"].groupby(["study", "series", "word", "why"], sort=False):
        lines.append(_line(group, "yes", str(group["why"].iloc[0])))
    return Choice(list(table["word"]), list(refused), pd.DataFrame(lines, columns=CANDIDATES))


def _word(image: Mapping[Any, Any], first_on_tie: bool, told: Mapping[str, str]) -> tuple[str, str, Evidence | None]:
    if image["series"] in told:
        return told[image["series"]], "the table of choices says so", None
    if image["modality"] != "MR" and image["modality"] not in FILMS:
        return str(image["view"]), "", None
    found = [Evidence(e["word"], e["tags"], e["names"], tuple(e["reasons"])) for e in image["evidence"]]
    word, why = decide(found, first_on_tie=first_on_tie)
    rivals = [f"{e.word} {e.score}" for e in found if e.word != word]
    return word, why + (f"; also {', '.join(rivals)}" if rivals else ""), next((e for e in found if e.word == word), None)


def _out(row: Mapping[Any, Any]) -> str:
    """Why an image is no candidate on its own."""
    if row["told"]:
        return "" if row["word"] else "left out by the table of choices"
    if row["dropped"]:
        return f"series not taken: {row['dropped']}"
    if row["why"].startswith("tie between") and row["modality"] == "MR":
        return f"sequence undecided: {row['why']}. Name it in a table of choices, or take the first on a tie."
    return ""


def _best_of(group: pd.DataFrame, refused: "pd.Series[str]", named: bool, first_on_tie: bool) -> list[list[Any]]:
    """Rank the series of one study and word; all but the best are refused. Without a word nothing is compared."""
    ranked = [(part, _rank(part)) for _, part in group.groupby("series", sort=False) if not refused[part.index].any()]
    lines = [_line(part, "no", refused[part.index[0]]) for _, part in group.groupby("series", sort=False) if refused[part.index].any()]
    if not ranked:
        return lines
    best = max(rank for _, rank in ranked)
    ties = Counter(rank for _, rank in ranked)[best]
    taken = False
    for part, rank in sorted(ranked, key=lambda pair: pair[1], reverse=True):
        why = str(part["why"].iloc[0])
        if not named:
            lines.append(_line(part, "yes", why))
        elif rank == best and (ties == 1 or (first_on_tie and not taken)):
            taken = True
            lines.append(_line(part, "yes", why + (f"; first of {ties} equal series" if ties > 1 else "")))
        else:
            word = part["word"].iloc[0]
            refused[part.index] = (
                f"{ties} series of the study are equally good {word}. Name one in a table of choices, or take the first on a tie."
                if rank == best and not taken
                else f"series not taken: another {word} of the study is better"
            )
            lines.append(_line(part, "tie" if rank == best and not taken else "no", why))
    return lines


def _rank(part: pd.DataFrame) -> tuple[int, int, int, int, int]:
    """Told by the user, original, points from tags, slices, points from names: in this order."""
    first = part.iloc[0]
    return int(first["told"]), int(not first["derived"]), int(first["tags"]), int(part["sop"].nunique()), int(first["names"])


def _line(part: pd.DataFrame, chosen: str, why: str) -> list[Any]:
    first = part.iloc[0]
    score = int(first["tags"] + first["names"])
    return [first["study"], first["series"], first["modality"], first["word"], len(part), score, first["tags"], first["names"], chosen, why]
