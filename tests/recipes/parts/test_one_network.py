from medimg.recipes.parts.one_network import total_steps
from medimg.settings import Trainer


def test_steps_are_those_of_all_epochs_unless_a_limit_comes_first():
    assert total_steps(Trainer(epochs=3, batch_size=8), 20, 1, 1) == (9, 3)
    assert total_steps(Trainer(epochs=3, batch_size=8, max_steps=4), 20, 1, 1) == (4, 3)


def test_steps_of_gathered_batches_and_several_processes():
    assert total_steps(Trainer(epochs=2, batch_size=4, accumulate=2), 20, 1, 1) == (6, 3)
    assert total_steps(Trainer(epochs=2, batch_size=4), 20, 1, 2) == (4, 2)
