"""Training stages as they were written, half lines and unfinished stages included."""

import json

import pytest

from medimg.report.training import measures, read_stages, stages_table


def test_stages_come_in_order_with_seed_and_fold(runs):
    stages = read_stages(runs["binary"])
    assert [stage.order for stage in stages] == list(range(10))
    assert stages[9].kind == "train"
    assert stages[9].marks == {"seed": 2, "fold": 4, "member": 0}
    assert measures(stages) == ["loss", "auroc"]


def test_the_best_epoch_is_that_of_least_validation_loss(tmp_path):
    stage = tmp_path / "stages" / "0_train_seed1_fold0_member0"
    stage.mkdir(parents=True)
    rows = ['{"epoch": 0, "val/loss": 0.5, "val/auroc": 0.9}', '{"epoch": 1, "val/loss": 0.4, "val/auroc": 0.8}', '{"epoch": 2, "val/lo']
    (stage / "progress.jsonl").write_text("\n".join(rows))
    line = stages_table(read_stages(tmp_path)).rows[0]
    assert [cell.text for cell in line] == ["train", "not finished", "2", "2", "0.400", "0.800"]


def test_a_stage_names_only_what_tells_it_from_others(tmp_path):
    for name in ("0_train_seed1_fold0_member0", "0_train_seed1_fold1_member0"):
        (tmp_path / "stages" / name).mkdir(parents=True)
    assert [line[1].text for line in stages_table(read_stages(tmp_path)).rows] == ["fold 0", "fold 1"]


@pytest.mark.parametrize(
    ("best", "told"), [({"step": 0, "val/loss": 0.35}, ["start kept", "0.350", "–"]), ({"step": 20}, ["2", "0.400", "0.800"])]
)
def test_where_no_epoch_beat_the_start_the_line_says_that_the_start_was_kept(best, told, tmp_path):
    for name in ("0_train_seed1_fold0_member0", "1_train_seed1_fold0_member0"):
        (tmp_path / "stages" / name).mkdir(parents=True)
        rows = [{"epoch": 0, "val/loss": 0.5, "val/auroc": 0.9}, {"epoch": 1, "val/loss": 0.4, "val/auroc": 0.8}]
        (tmp_path / "stages" / name / "progress.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "stages" / name / "best.json").write_text(json.dumps(best))
    table = stages_table(read_stages(tmp_path))
    assert [cell.text for cell in table.rows[1]][3:6] == told
    assert [cell.text for cell in table.rows[0]][3:6] == ["2", "0.400", "0.800"]
    assert ("that state was kept" in table.note) == (best["step"] == 0)


def test_a_run_without_stages_has_no_table(tmp_path):
    assert not stages_table(read_stages(tmp_path))


def test_stages_of_generated_images_are_named_in_words_and_generators_are_counted_in_steps(tmp_path):
    def stage(name, best=None, **measures):
        folder = tmp_path / "stages" / f"{name}_seed1_fold0_member0"
        folder.mkdir(parents=True)
        (folder / "progress.jsonl").write_text("\n".join(json.dumps({"epoch": n, "step": 50 * n + 50, **measures}) for n in range(24)))
        if best:
            (folder / "best.json").write_text(json.dumps(best))

    draws = {"train/generator": 0.7, "train/discriminator": 1.3}
    stage("0_2_dcgan", **draws)
    stage("0_3_dcgan4", {"told": "drawing, goitre|reduced_uptake", "step": 1200}, **draws)
    stage("0_3_dcgan5", **draws)
    for name in ("0_6_single", "0_7_by_both", "0_7_by_generated", "0_7_by_real", "1_train"):
        stage(name, **{"val/loss": 0.5})
    table = stages_table(read_stages(tmp_path))
    assert [row[0].text for row in table.rows] == [
        "drawing, all", "drawing, goitre + reduced uptake", "drawing, set 5", "first phase",
        "judge taught by real images", "judge taught by generated images", "judge taught by real and generated images", "second phase",
    ]  # fmt: skip
    assert [row[2].text for row in table.rows] == ["1,200 steps"] * 3 + ["24"] * 5
