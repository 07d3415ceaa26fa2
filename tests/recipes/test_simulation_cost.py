from medimg.recipes.simulation_cost import HEAD_SECONDS, UNIT_SECONDS, at_once, seconds_of_a_unit, unit_labels
from medimg.settings import Active, Settings, Trainer

IMAGES = {"train": 100, "val": 20, "test": 50}


def settings(**active):
    return Settings(
        active=Active(**{"budget": 10, "init_size": 20, "compare": ("entropy",), **active}), trainer=Trainer(epochs=2, batch_size=10)
    )


def test_units_are_the_start_all_labels_and_the_rounds_of_each_strategy():
    assert unit_labels(settings(rounds=2), 100, 10, 3) == [20, 100, *[30, 40] * 3]
    assert len(unit_labels(settings(rounds=None), 100, 10, 3)) == 2 + 3 * 8
    assert unit_labels(settings(rounds=1, unit="patient", budget=2), 100, 20, 3) == [20, 100, 30, 30, 30]


def test_a_unit_costs_its_steps_its_looks_at_validation_and_the_scoring():
    assert seconds_of_a_unit(settings(), IMAGES, 30, 1.0, 0.1) == UNIT_SECONDS + 6 + 0.1 * (20 * 3 + 50 + 100) / 10
    assert seconds_of_a_unit(settings(steps=3), IMAGES, 30, 1.0, 0.0) == UNIT_SECONDS + 3
    assert seconds_of_a_unit(settings(frozen=True), IMAGES, 30, 1.0, 1.0) == HEAD_SECONDS


def test_hours_are_divided_by_processes_that_have_a_core_and_work_and_not_on_a_gpu_they_share():
    assert [at_once(settings(processes=8), "cpu", cores, chains) for cores, chains in ((16, 25), (4, 25), (16, 5))] == [8, 4, 5]
    assert at_once(settings(processes=8), "gpu", 16, 25) == 1
