"""Which films have another verdict than before, and by which rules."""

import fakes

from medimg.recipes.films.changes import Before


def tables(out, *films, rules):
    """`films`: (film, verdict); `rules`: (film, rule, verdict, counted)."""
    fakes.table(out / "films.csv", [{"film": film, "verdict": verdict} for film, verdict in films], ("film", "verdict"))
    columns = ("film", "rule", "verdict", "counted")
    fakes.table(out / "rules.csv", [dict(zip(columns, rule, strict=True)) for rule in rules], columns)


def replace(out, *films, rules):
    for name in ("films", "rules"):
        (out / f"{name}.csv").unlink()
    tables(out, *films, rules=rules)


def test_rules_that_count_and_judge_a_changed_film_otherwise_are_named(tmp_path):
    tables(
        tmp_path, ("a", "pass"), ("b", "pass"), ("gone", "pass"),
        rules=[("a", "R1", "pass", "1"), ("a", "R2", "warn", "1"), ("a", "R3", "pass", "0"), ("b", "R1", "pass", "1")],
    )  # fmt: skip
    with Before(tmp_path) as before:
        replace(
            tmp_path, ("a", "fail"), ("b", "pass"), ("new", "fail"),
            rules=[("a", "R1", "fail", "1"), ("a", "R2", "warn", "1"), ("a", "R3", "fail", "0"), ("b", "R1", "warn", "1")],
        )  # fmt: skip
        assert before.changes() == [{"before": "pass", "now": "fail", "films": 1, "rules": {"R1": 1}}]


def test_a_folder_without_tables_and_one_whose_films_have_the_same_verdict_have_no_changes(tmp_path):
    with Before(tmp_path) as before:
        tables(tmp_path, ("a", "fail"), rules=[("a", "R1", "fail", "1")])
        assert before.changes() == []
    with Before(tmp_path) as before:
        replace(tmp_path, ("a", "fail"), rules=[("a", "R1", "warn", "1")])
        assert before.changes() == []


def test_a_table_that_was_cut_short_tells_less_and_stops_nothing(tmp_path):
    tables(tmp_path, ("a", "fail"), rules=[])
    (tmp_path / "films.csv").write_text("film,verdict\na\n")
    with Before(tmp_path) as before:
        replace(tmp_path, ("a", "fail"), rules=[])
        assert before.changes() == []
