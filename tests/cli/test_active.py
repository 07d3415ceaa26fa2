import fakes
from command import medimg, refused

SMALL = ["data.size=32", "model.name=resnet10t", "trainer=cpu", "trainer.threads=1", "trainer.batch_size=4", "data.folds=2"]


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
    assert not (tmp_path / "runs").exists()


def test_a_wrong_flag_is_told():
    assert "Did you mean --compare" in refused("active-label", "--simulate", "--compar", "entropy")
