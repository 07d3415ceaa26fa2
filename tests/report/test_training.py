"""Training stages as they were written, half lines and unfinished stages included."""

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
    assert [cell.text for cell in line] == ["train", "seed 1, fold 0, member 0", "not finished", "2", "2", "0.400", "0.800"]


def test_a_run_without_stages_has_no_table(tmp_path):
    assert not stages_table(read_stages(tmp_path))
