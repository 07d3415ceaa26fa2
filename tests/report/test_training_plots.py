"""How training is drawn: phases by name, one row as a point, generators apart."""

import json

import pytest

from medimg.report.figures import draw_figures
from medimg.report.folder import read_run
from medimg.report.training import read_stages
from medimg.report.training_plots import training

ANSWERS = {"train/loss": 0.6, "val/loss": 0.7, "val/auroc": 0.8}
DRAWS = {"train/loss": 2.0, "train/generator": 0.7, "train/discriminator": 1.3}


def run_of(path, **stages):
    """A run whose stages, by name without their mark, have so many rows of these measures."""
    for name, (rows, measures) in stages.items():
        folder = path / "stages" / f"{name.removeprefix('s')}_seed1_fold0_member0"
        folder.mkdir(parents=True)
        lines = [json.dumps({"epoch": n, "step": 50 * (n + 1), **measures}) for n in range(rows)]
        (folder / "progress.jsonl").write_text("\n".join(lines))
    (path / "config.yaml").write_text("{}")
    return read_run(path)


@pytest.fixture
def two_phases(tmp_path):
    return run_of(
        tmp_path, s0_2_dcgan=(12, DRAWS), s0_4_srgan=(1, DRAWS), s0_6_single=(4, ANSWERS), s0_7_by_real=(5, ANSWERS), s1_train=(1, ANSWERS)
    )


def test_phases_are_named_and_neither_judges_nor_generators_are_among_them(two_phases):
    figure = draw_figures(two_phases)["training"]
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["Loss, first phase", "AUROC, first phase", "Loss, second phase", "AUROC, second phase"]
    assert [len(axis.lines) for axis in figure.axes] == [2, 1, 2, 1]


def test_one_epoch_is_a_point_under_a_whole_number(two_phases):
    stages = [stage for stage in read_stages(two_phases.path) if stage.kind == "train"]
    figure = training(stages)
    figure.draw_without_rendering()
    for axis in figure.axes:
        assert all(line.get_marker() == "." for line in axis.lines)
        low, high = axis.get_xlim()
        assert [tick for tick in axis.get_xticks() if low <= tick <= high] == [1]
    long = training([stage for stage in read_stages(two_phases.path) if stage.kind == "6_single"])
    assert all(line.get_marker() == "" for axis in long.axes for line in axis.lines)


def test_generators_are_drawn_over_steps_and_without_the_sum_of_their_losses(two_phases):
    figure = draw_figures(two_phases)["generators"]
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["Generator's loss", "Discriminator's loss"]
    for axis in figure.axes:
        assert [list(line.get_xdata())[-1] for line in axis.lines] == [600, 50]
        assert axis.get_xlabel() == "step"
    assert [text.get_text() for text in figure.legends[0].texts] == ["drawing, all", "enlarging"]


def test_a_run_without_generators_has_no_figure_of_them(tmp_path):
    figures = draw_figures(run_of(tmp_path, s1_train=(3, ANSWERS)))
    assert "training" in figures
    assert "generators" not in figures
    assert [axis.get_title(loc="left") for axis in figures["training"].axes] == ["Loss", "AUROC"]
