"""Settings that do not fit labelling, simulated or by readers."""

from collections.abc import Iterator
from dataclasses import asdict

from medimg.active.stopping import Stop
from medimg.errors import ConfigError
from medimg.settings import Settings


def simulation(settings: Settings, given: set[str]) -> list[str]:
    """What does not fit together in a simulation; `given` are the dotted keys that the user typed."""
    return [*_question(settings, given), *_start(settings), *_rounds(settings, given), *_stop(settings)]


def labelling(settings: Settings, given: set[str]) -> list[str]:
    """What does not fit together in a labelling project."""
    return [*_question(settings, given), *_start(settings), *_rounds(settings, given), *_stop(settings), *_readers(settings)]


def _question(settings: Settings, given: set[str]) -> Iterator[str]:
    if settings.data.multilabel:
        yield "data.multilabel=true: labelling needs one answer an image. Set data.multilabel=false and data.classes, or train."
    if settings.data.inner_folds > 1:
        yield f"data.inner_folds={settings.data.inner_folds}: labelling trains one network a fold. Leave it out."
    if "seeds" in given:
        way_out = (
            "a simulation takes seed, seed + 1 ... for its repeats: set active.repeats" if settings.recipe == "simulate" else "set seed"
        )
        yield f"seeds is for medimg train; {way_out}."
    if settings.trainer.devices != 1 or settings.trainer.nodes != 1:
        yield "trainer.devices and trainer.nodes: the trainings of labelling are small and run on one device. Leave them out."


def _readers(settings: Settings) -> Iterator[str]:
    reading, page, data = settings.active.reading, settings.active.page, settings.data
    names = [*reading.readers, *([reading.adjudicator] if reading.adjudicator else [])]
    if not reading.readers or not all(name.strip() for name in names) or len(set(names)) < len(names):
        yield f"active.reading.readers=[{','.join(reading.readers)}]: different names are needed, at least one, the adjudicator's another."
    taken = sorted({"manifest", "room"} & set(names))
    if taken:
        yield f"active.reading.readers names {', '.join(taken)}, which medimg itself uses. Take another name."
    if reading.double and len(reading.readers) < 2:
        yield f"active.reading.double={reading.double:g} needs a second reader. Name two: --reader NAME,NAME."
    if page.show_model == "before" and not page.accept_bias:
        yield (
            "active.page.show_model=before: readers who see the model first follow it, also where it is wrong (Dratsch 2023). "
            "Use after or random_half, or say --i-accept-bias; the report will tell it."
        )
    if data.train_share != 1:
        yield f"data.train_share={data.train_share:g}: labelling uses the whole pool. Leave it out."
    if data.deal_by == "image":
        yield "data.deal_by=image: validation would know the pool's patients. Leave it out."


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
