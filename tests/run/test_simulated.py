from dataclasses import asdict
from typing import get_args

import pytest

from medimg.active.stopping import RULES, Stop
from medimg.active.strategies import STRATEGIES
from medimg.errors import ConfigError
from medimg.run.compose import compose
from medimg.settings import RuleName, Stopping, StrategyName

FINE = ["recipe=simulate", "data.manifest=phantom:brain", "data.classes=[encephalitis,glioma]"]


def faults_of(*words):
    with pytest.raises(ConfigError) as wrong:
        compose([*FINE, *words])
    return "\n".join(wrong.value.faults)


def test_settings_know_every_strategy_and_rule_with_its_default():
    assert set(get_args(StrategyName)) == set(STRATEGIES)
    assert set(get_args(RuleName)) == set(RULES)
    assert Stop(**asdict(Stopping())) == Stop()


@pytest.mark.parametrize("preset", ["honest", "paper"])
def test_presets_fit(preset):
    assert compose([*FINE, f"active={preset}"]).active.budget == 50


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["data.multilabel=true"], "one answer an image"),
        (["data.inner_folds=2"], "one network a fold"),
        (["seeds=[1,2]"], "active.repeats"),
        (["trainer.devices=2"], "one device"),
        (["active=fast"], "model.weights=RUN"),
        (["active=fast", "model.weights=imagenet"], "model.weights=RUN"),
        (["active.init=typical"], "active.init=patient"),
        (["active.strategy=power"], "not in active.compare"),
        (["active.steps=5", "trainer.max_steps=5"], "Give one of them"),
        (["active.stop.rules=[target]"], "active.stop.target has no value"),
        (["active.budget=0"], "at least 1"),
        (["active.compare=[random,entropie]"], "Did you mean entropy?"),
        (["active.strategy=badgee"], "Did you mean badge?"),
    ],
)
def test_settings_that_do_not_fit_a_simulation_are_told(words, told):
    assert told in faults_of(*words)


def test_training_does_not_mind_the_settings_of_a_simulation():
    assert compose(["data.manifest=phantom:thyroid", "data.multilabel=true"]).active.compare
