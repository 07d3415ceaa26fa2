"""Settings that do not fit a simulation of labelling."""

from collections.abc import Iterator
from dataclasses import asdict

from medimg.active.stopping import Stop
from medimg.errors import ConfigError
from medimg.settings import Settings


def simulation(settings: Settings, given: set[str]) -> list[str]:
    """What does not fit together in a simulation; `given` are the dotted keys that the user typed."""
    return [*_question(settings, given), *_start(settings), *_rounds(settings, given), *_stop(settings)]


def _question(settings: Settings, given: set[str]) -> Iterator[str]:
    if settings.data.multilabel:
        yield "data.multilabel=true: a simulation needs one answer an image. Set data.multilabel=false and data.classes, or train."
    if settings.data.inner_folds > 1:
        yield f"data.inner_folds={settings.data.inner_folds}: a simulation has one network a fold. Leave it out."
    if "seeds" in given:
        yield "seeds is for medimg train: a simulation takes seed, seed + 1 ... for its repeats. Set active.repeats."
    if settings.trainer.devices != 1 or settings.trainer.nodes != 1:
        yield "trainer.devices and trainer.nodes: the trainings of a simulation are small and run on one device. Leave them out."


def _start(settings: Settings) -> Iterator[str]:
    active, weights = settings.active, settings.model.weights
    if active.frozen and weights in (None, "imagenet"):
        yield (
            f"active.frozen=true (preset fast) needs features that know such images, and model.weights={weights or 'null'} does not. "
            "Set model.weights=RUN, a run on other patients or another question, or take another preset."
        )
    if active.frozen and active.mode == "finetune":
        yield "active.frozen=true trains a logistic regression, which has nothing to go on from. Set active.mode=retrain."
    if active.init == "typical" and weights is None:
        yield "active.init=typical chooses by features, and random filters have none. Set model.weights, or active.init=patient."


def _rounds(settings: Settings, given: set[str]) -> Iterator[str]:
    active = settings.active
    if active.compare is not None and "active.strategy" in given and active.strategy not in active.compare:
        yield f"active.strategy={active.strategy} is not in active.compare=[{','.join(active.compare)}], which rules. Add it there."
    if active.steps and settings.trainer.max_steps and "trainer.max_steps" in given:
        yield "active.steps and trainer.max_steps both set the length of each training. Give one of them."


def _stop(settings: Settings) -> list[str]:
    try:
        Stop(**asdict(settings.active.stop))
    except ConfigError as fault:
        return fault.faults
    return []
