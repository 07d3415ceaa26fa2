"""What stands before the first round of a fold: features of a network that has learned nothing here, and who judges."""

import numpy as np

from medimg.active.lots import Lots
from medimg.data.dataset import Pictures, label_matrix
from medimg.recipes.parts.answers import features_of, narrowing
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Encoder, network_of
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.learners import Fold
from medimg.recipes.rounds.round_facts import Judges, stop_set
from medimg.settings import Settings
from medimg.training.machine import Machine


def first_features(settings: Settings, cohort: Cohort, machine: Machine, start: Encoder | None, fold: Fold) -> Answers:
    """Give the features of the pool before any training: (N, D), and probabilities that know nothing."""
    network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=settings.seed, encoder=start)
    pictures = Pictures(fold["pool"], cohort.manifest.classes, cohort.cache, settings.model.channels)
    features = features_of(network, pictures, machine, settings.trainer.batch_size)
    return Answers(np.full((len(pictures), 2), 0.5), narrowing(features)(features))


def judges_of(settings: Settings, classes: list[str], fold: Fold) -> Judges:
    """Draw the stop set of a fold, and lay out its validation labels."""
    rows = stop_set(fold["pool"], Lots(settings.active.query_seed, 0, f"stop set f{fold.number}"))
    return Judges(rows, fold["val"], label_matrix(fold["val"]["label"], classes))
