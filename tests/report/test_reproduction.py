"""What one needs to make a run again."""

from medimg.report.folder import RunFolder, read_run
from medimg.report.reproduction import config_text, environment_table, settings


def test_settings_keep_their_keys_and_lose_their_paths(tmp_path):
    run = RunFolder(tmp_path, overrides=["seed=3\n", "data.manifest=/data/Erika/manifest.csv", "~task.ema", "  "])
    assert settings(run) == ["seed=3", "data.manifest=(path left out)", "~task.ema"]


def test_versions_and_seeds_are_told_and_no_machine_is_named(runs):
    run = read_run(runs["binary"])
    text = " ".join(cell.text for line in environment_table(run).rows for cell in line) + config_text(run)
    for wanted in ("2.15.0", "1, 2", "resnet18"):
        assert wanted in text
    for private in ("ward-pc-7", "mueller", "/home"):
        assert private not in text


def test_what_is_not_known_and_what_is_on_are_told_in_words(tmp_path):
    run = RunFolder(tmp_path, environment={"git": None, "machine": {"deterministic": True}, "processes": 1})
    assert [row[2].text for row in environment_table(run).rows] == ["not known", "yes", "1"]
