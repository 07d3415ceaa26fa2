"""One series for each sequence of a study."""

import pandas as pd

from medimg.io.choose import choose

FLAIR = {"word": "FLAIR", "tags": 6, "names": 0, "reasons": ("TI 2500",)}


def images(*series):
    """`series`: (name, slices, tags, names, derived)."""
    rows = []
    for name, slices, tags, names, derived in series:
        for i in range(slices):
            evidence = [{**FLAIR, "tags": tags, "names": names}]
            rows.append(
                {
                    "study": "S",
                    "series": name,
                    "modality": "MR",
                    "sop": f"{name}{i}",
                    "derived": derived,
                    "dropped": "",
                    "evidence": evidence,
                    "view": "",
                }
            )
    return pd.DataFrame(rows)


def taken(*series, **options):
    table = images(*series)
    found = choose(table, first_on_tie=options.get("first", False), told=options.get("told", {}))
    return {name for name, why in zip(table["series"], found.refused, strict=True) if not why}


def test_originals_then_tags_then_slices_then_names():
    assert taken(("a", 9, 6, 3, True), ("b", 1, 3, 0, False)) == {"b"}
    assert taken(("a", 2, 9, 0, False), ("b", 9, 6, 3, False)) == {"a"}
    assert taken(("a", 2, 6, 3, False), ("b", 3, 6, 0, False)) == {"b"}
    assert taken(("a", 3, 6, 3, False), ("b", 3, 6, 0, False)) == {"a"}


def test_ties_are_refused_unless_told():
    tie = (("a", 3, 6, 0, False), ("b", 3, 6, 0, False), ("c", 2, 6, 0, False))
    assert taken(*tie) == set()
    assert taken(*tie, first=True) == {"a"}
    assert taken(*tie, told={"b": "FLAIR"}) == {"b"}


def test_every_candidate_has_a_line_with_its_reasons():
    found = choose(images(("a", 3, 6, 0, False), ("b", 2, 6, 0, False)), first_on_tie=False, told={}).candidates
    assert found[["series", "images", "score", "chosen", "why"]].to_numpy().tolist() == [
        ["a", 3, 6, "yes", "TI 2500"],
        ["b", 2, 6, "no", "TI 2500"],
    ]
