"""Jobs drawn in child processes."""

from medimg.phantoms.drawing import draw


def test_results_come_in_the_order_of_the_jobs_from_other_processes(capsys):
    assert draw(abs, [-3, 2, -1], "drawing") == [3, 2, 1]
    assert "drawing: 3 of 3" in capsys.readouterr().err
