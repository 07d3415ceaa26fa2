"""The top of the report says how many films fail, of which period, and by which limits they were judged."""

from report.quality.made_out import of_values, write_out

from medimg.report.quality import header
from medimg.report.quality.folder import read_out
from medimg.report.quality.rate_tables import rate_tables
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.tally import tally
from medimg.report.quality.words import Words

KINDS = (
    (30, {"deviation_index": 0.0}),
    (4, {"deviation_index": 2.0}),
    (6, {"deviation_index": 5.0}),
    (2, {"deviation_index": 0.0, "lung_area": 0.01}),
)


def told(folder, made, language="en"):
    words, out = Words(language), read_out(write_out(folder, made))
    found = tally(out, ())
    return out, found, rate_tables(found.counts, RuleTexts({}, words), words), words


def made():
    return [one for seed, (n, numbers) in enumerate(KINDS) for one in of_values(n, seed=seed, months=3, **numbers)]


def test_counts_add_up_and_the_rate_has_its_interval(tmp_path):
    out, found, tables, words = told(tmp_path / "out", made())
    first, second = header.verdict(out, found, tables, words)
    assert first.startswith("42 films of ")
    counts = found.kinds
    assert f"{counts['fail']} fail, 2 to be looked at, {counts['pass'] + counts['borderline']} pass" in first
    assert counts["fail"] + counts["pass"] + counts["borderline"] == 40
    assert second.endswith("of the 40 films that could be judged.")
    assert words.share(counts["fail"] / 40) in second


def test_several_versions_of_limits_are_told(tmp_path):
    films = made()[:4]
    facts, values, verdict, film = films[0]
    films[0] = (facts, values, verdict.__class__(**{**verdict.__dict__, "version": "site-A-2026-01"}), film)
    out, found, _, words = told(tmp_path / "out", films)
    tiles = dict(header.tiles(out, found, words))
    assert tiles["Limits"] == "chest-1, site-A-2026-01 (films were judged by different limits)"
    assert tiles["Files skipped"] == "3"


def test_it_is_said_that_fails_are_no_rejects_and_that_films_are_built_in(tmp_path):
    out, found, tables, words = told(tmp_path / "out", made()[:4], "zh")
    assert header.banners(out, words) == [
        "不合格率不等于废片率（重拍率）。",
        "内置模拟数据：仅演示方法，不代表临床实际。",
        words("research"),
    ]
    assert header.verdict(out, found, tables, words)[-1] == "少于 30 张：样本过小，比率仅供参考。"
