import fakes
import pytest
from command import medimg, refused

from medimg.cli.active import words_of
from medimg.cli.flags import INSTEAD, LABEL, ONLY_SIMULATED, SHARED
from medimg.cli.parser import parse
from medimg.run.words import read_words

SMALL = ["data.size=32", "model.name=test_resnet", "trainer=cpu", "trainer.threads=1", "trainer.batch_size=4", "data.folds=2"]


def test_a_plan_counts_the_units_and_starts_nothing(tmp_path):
    manifest = fakes.cohort(tmp_path / "cohort", patients=20, size=24)
    words = ["active-label", "--simulate", "--plan", f"data.manifest={manifest}", f"runs={tmp_path / 'runs'}", *SMALL]
    words += ["--compare", "entropy,badge", "--repeats", "3", "--budget", "4", "active.init_size=4", "active.rounds=2"]
    answer = medimg(*words, "--json")
    assert answer.code == 0, answer
    assert answer.json["units"] == 3 * 2 * (2 + 4 * 2)
    assert answer.json["hours"] > 0
    assert "60 units" in medimg(*words).text
    assert answer.json["processes"] == 1
    told = medimg(*words, "active.processes=64").text
    assert "of 64 processes" in told or "per process" in told
    assert "Nothing was started." in told
    assert "empties the pool" not in told
    assert not (tmp_path / "runs").exists()


def faked(folder, *, n, seed):
    """As many images as the built-in cohort has of n patients, in a moment."""
    fakes.brain(folder, patients=n, slices=2, classes=("encephalitis", "glioma"), seed=seed or 0)


@pytest.mark.parametrize("drawn", ["faked", pytest.param("in full", marks=pytest.mark.slow)])
def test_a_plan_of_the_built_in_cohort_fits_its_smallest_pool_and_says_that_it_is_drawn(drawn, monkeypatch):
    if drawn == "faked":
        monkeypatch.setattr("medimg.phantoms.brain.write", faked)
    words = ["active-label", "--simulate", "--plan", "experiment=encephalitis_glioma", "profile=smoke", "model.name=test_resnet"]
    told = medimg(*words).text
    assert "Nothing was started but the drawing of the built-in cohort" in told
    assert "empties the pool" not in told
    assert "one round empties the pool of fold 0" in medimg(*words, "--budget", "400").text


def test_a_flag_that_has_another_name_here_or_is_misspelt_is_told():
    assert "Did you mean --compare?" in refused("active-label", "--simulate", "--strategies", "entropy")
    assert "Did you mean --compare" in refused("active-label", "--simulate", "--compar", "entropy")
    assert "Did you mean --max-rounds?" in refused("active-label", "--rounds", "3")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--simulate", "--close"], "--close is for readers"),
        (["--simulate", "--reader", "Ann"], "--reader is for readers"),
        (["--plan"], "--plan is for --simulate"),
        (["--compare", "entropy"], "--compare is for --simulate"),
        (["--status", "--verify"], "--status and --verify: each is a command of its own"),
        (["--dry-run"], "--dry-run is for --import FILE"),
        (["--what", "gold"], "--what is for --export FILE"),
        (["--export", "x.csv", "--what", "golden"], "did you mean gold?"),
        (["--reader", "Ann", "--readers", "2"], "Give one of them"),
        (["--headless", "--port", "8000"], "--headless opens no page"),
        (["--budget", "0", "data.manifest=phantom:brain"], "active.budget=0"),
        (["--strategy", "entropie", "data.manifest=phantom:brain"], "Did you mean entropy?"),
        (["--show-model", "before", "data.manifest=phantom:brain"], "--i-accept-bias"),
        (["--double-read", "0.2", "data.manifest=phantom:brain"], "needs a second reader"),
        (["--reader", "manifest", "data.manifest=phantom:brain"], "which medimg itself uses"),
        (["--reader", "Ann", "--adjudicator", "Ann", "data.manifest=phantom:brain"], "the adjudicator's another"),
        (["--headless"], "data.manifest is not given"),
        (["--headless", "data.manifest=nowhere.csv", "data.classes=[a,b]"], "there is no such file"),
    ],
)
def test_what_does_not_go_together_is_one_screen_with_the_way_out(flags, told, tmp_path):
    assert told in refused("active-label", *flags, f"runs={tmp_path}")


@pytest.mark.parametrize("flag", ["--status", "--verify", "--close", "--report"])
def test_without_a_project_there_is_nothing_to_look_at(flag, tmp_path):
    assert "there is no labelling project yet" in refused("active-label", flag, f"runs={tmp_path}", code=4)


def test_every_flag_is_a_setting_or_says_what_is_done():
    command = parse([
        "active-label", "--budget", "7", "--strategy", "entropy", "--init", "typical", "--init-size", "9", "--max-labels", "90",
        "--max-rounds", "3", "--stop", "stable,plateau", "--readers", "2", "--double-read", "0.3", "--adjudicator", "Eve",
        "--show-model", "before", "--i-accept-bias", "--preset", "paper", "data.size=32",
    ])  # fmt: skip
    assert set(words_of(command)) == {
        "data.size=32", "active=paper", "active.budget=7", "active.strategy=entropy", "active.init=typical", "active.init_size=9",
        "active.stop.max_labels=90", "active.stop.max_rounds=3", "active.stop.rules=[stable,plateau]",
        "active.reading.readers=[reader1,reader2]", "active.reading.double=0.3", "active.reading.adjudicator=Eve",
        "active.page.show_model=before", "active.page.accept_bias=true",
    }  # fmt: skip
    assert words_of(parse(["active-label", "--reader", "Ann,Ben"])) == ["active.reading.readers=[Ann,Ben]"]
    assert {*SHARED, *ONLY_SIMULATED, *INSTEAD} <= set(LABEL)


@pytest.mark.parametrize("name", ["Dr A", "李雷", "O'Neil", "Müller-Lüdenscheidt", "Dr [A]", "A (ward 3)", "1", 'B "Bo"', "back\\"])
def test_a_reader_may_have_any_name(name):
    for flag, key in (("--reader", "active.reading.readers"), ("--adjudicator", "active.reading.adjudicator")):
        said = read_words(words_of(parse(["active-label", flag, name])))
        assert not said.faults
        assert said.values == {key: [name] if flag == "--reader" else name}
