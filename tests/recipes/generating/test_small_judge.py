from dataclasses import replace

import pytest

from medimg.recipes.generating.small_judge import judge_settings
from medimg.settings import Data, Generate, Model, Settings, Trainer

ASKED = Settings(data=Data(size=32), model=Model(name="resnet101", cross="image", channels=3), trainer=Trainer(patience=3, max_steps=7))


@pytest.mark.parametrize(("images", "steps"), [(1, 30), (32, 30), (33, 60), (410, 390)])
def test_its_steps_are_those_of_the_real_pictures_and_nothing_of_the_run_s_network_reaches_it(images, steps):
    judge = judge_settings(replace(ASKED, generate=Generate(judge_epochs=30)), images)
    assert judge.trainer.max_steps == steps
    assert judge.trainer.epochs >= steps  # fewer pictures than a batch still make as many
    assert judge.trainer.patience is None
    assert (judge.model.name, judge.model.cross, judge.model.channels) == ("test_resnet", "none", 3)
    assert judge.data == ASKED.data
