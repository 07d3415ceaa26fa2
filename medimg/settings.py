"""Every key of the configuration: its type, its range and what it is for.

The composed YAML is checked against these classes before anything heavy is imported, and the fields are the
arguments of the parts they are handed to. A key that is not here does not exist.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

StrategyName = Literal[
    "random", "random_patient", "entropy", "margin", "least_confidence", "power", "bald", "diverse", "badge", "coreset", "typical"
]  # those of medimg.active.strategies.STRATEGIES
RuleName = Literal["max_entropy", "quantile_entropy", "stable", "plateau", "target", "max_labels", "max_rounds", "pool_empty"]
Decision = Literal["multilabel", "paper"]


def at_least(low: float, default: Any) -> Any:
    """Give a number a lower limit."""
    return field(default=default, metadata={"low": low})


def within(low: float, high: float, default: Any) -> Any:
    """Give a number both limits."""
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True)
class Data:
    """Which images, which question, who is dealt to which part, and how a picture is prepared."""

    manifest: str = "???"  # a CSV file, or phantom:thyroid, phantom:brain, phantom:chest
    label: str | None = "label"  # null: masks are what is learned (recipe=chest_qc)
    classes: tuple[str, ...] | None = None  # their order; of two, the last is the positive one
    multilabel: bool = False
    where: dict[str, Any] = field(default_factory=dict)
    exclude: str | None = None  # CSV of withdrawn patients
    subgroups: tuple[str, ...] = ()
    limit: int | None = at_least(1, None)  # patients of a built-in cohort; of chest its films
    folds: int = at_least(1, 1)  # 1: one hold-out
    inner_folds: int = at_least(1, 1)  # above 1: nested
    fold: tuple[int, ...] | None = None  # run these folds only
    val_share: float = within(0.05, 0.5, 0.2)
    test_share: float = within(0.05, 0.5, 0.2)
    val_images: int | None = at_least(1, None)  # whole validation patients until they have so many, the others train; null: all stay
    train_share: float = within(0.05, 1, 1.0)  # of the training patients of each set of labels; val and test stay as they are
    stratify: tuple[str, ...] = ("label",)
    deal_over: tuple[str, ...] = ()  # keys of `where` that do not matter to the deal: runs on several sequences share their folds
    deal_by: Literal["patient", "image"] = "patient"  # image: patients in several parts, only to show how much that flatters
    leave_out: str | None = None  # a column: each of its values is one test fold
    split: str | None = None  # a saved split.csv, or "manifest" for its column part
    size: int = within(16, 1024, 224)
    fuse: tuple[str, ...] = ()  # sequences judged together: slices at one place in the body are one case
    missing: Literal["mask", "refuse"] = "mask"  # a place without one of the sequences: judged by the others, or an error
    normalise: Literal["counts", "percentile", "range"] = "percentile"
    crop: Literal["none", "foreground"] = "none"
    field_mm: float | None = at_least(1, None)  # resample to this field of view, where the spacing is known


@dataclass(frozen=True)
class View:
    """Which films are outlined, which organs on them, and by which networks (recipe=chest_qc)."""

    films: tuple[str, ...] = ()  # PA, AP, LAT, as the manifest's column view has them
    organs: tuple[str, ...] = ()  # columns mask_<organ>; a film without a mask of one still teaches the others
    heavy: tuple[str, ...] = ()  # those of the organs whose loss counts three times: what is judged by where it lies
    network: str = ""  # what model.name is by default
    quick: int = at_least(1, 15)  # what trainer.epochs is in profile=quick, so that each view takes about a quarter of an hour
    largest: str = ""  # what it is in profile=paper


@dataclass(frozen=True)
class Model:
    """A network by name, and where its weights come from."""

    name: str = "resnet18"  # any timm name, alexnet, googlenet, capsnet, cnn_f, cnn_head_neck, cnn_parkinson, mvgg, sdae
    weights: str | None = None  # imagenet, a .safetensors or .ckpt file, or a run, whose networks ours start from
    head: Literal["linear", "transfer"] = "linear"  # transfer: 512 -> 256 -> outputs in the place of the network's own
    channels: int = within(1, 3, 1)
    dropout: float = within(0, 0.95, 0.0)
    layerwise: int = at_least(0, 0)  # epochs in which each layer is trained for itself before all learn together (sdae)
    encoders: Literal["separate", "shared"] = "separate"  # with data.fuse: one for each sequence, or one for all
    cross: Literal["none", "block", "image"] = "none"  # y = F(x) + w * x_i in a ResNet: x_i is the block's input, or the picture
    activation: Literal["relu", "leaky_relu"] = "relu"  # relu: the network's own
    init: Literal["default", "uniform"] = "default"  # uniform: of convolutions that no weights are given for


@dataclass(frozen=True)
class Augment:
    """How training pictures are varied; val and test never are."""

    flip_horizontal: bool = False
    flip_vertical: bool = False
    rotate_deg: float = within(0, 180, 0.0)
    scale: float = within(0, 0.9, 0.0)  # 0.1: between 0.9 and 1.1
    translate: float = within(0, 0.5, 0.0)  # share of the side
    contrast: float = within(0, 0.9, 0.0)
    brightness: float = within(0, 0.9, 0.0)
    sharpness: float = within(0, 2, 0.0)
    noise: float = within(0, 0.5, 0.0)
    choose: int | None = at_least(1, None)  # apply this many kinds at random instead of all
    sequence_dropout: float = within(0, 0.9, 0.0)  # with data.fuse: chance that a sequence is left out of a training case


@dataclass(frozen=True)
class Randomise:
    """Domain randomisation of training films and their masks (recipe=chest_qc): the ends of ranges around nothing."""

    share: float = within(0, 1, 0.7)  # of the films that each kind is applied to; 0: films as they are
    mirror: bool = False  # half of the films, the organs of both sides renamed
    rotate_deg: float = within(0, 180, 25.0)
    scale: float = within(0, 3, 0.4)  # 0.4: from 1 / 1.4 to 1.4
    stretch: float = within(0, 0.9, 0.25)  # of one axis against the other
    shear: float = within(0, 1, 0.15)
    translate: float = within(0, 0.5, 0.2)  # share of the side
    bend: float = within(0, 0.5, 0.05)  # share of the side
    collimate: float = within(0, 0.45, 0.25)  # share of the side that is black from a border on, at most
    gamma: float = within(0, 4, 1.2)  # doublings of the exponent
    window: float = within(0, 0.45, 0.35)  # share of the scale that is cut off, or left blank, at either end
    shade: float = within(0, 1, 0.4)
    detail: float = within(0, 5, 1.5)
    blur_px: float = within(0, 20, 2.5)
    noise: float = within(0, 1, 0.15)
    contrast: float = within(0, 0.9, 0.5)
    brightness: float = within(0, 0.9, 0.3)


@dataclass(frozen=True)
class Task:
    """What is minimised, and by which steps."""

    optimizer: Literal["adam", "adamw", "sgd"] = "adamw"
    lr: float = within(0, 10, 1e-3)
    momentum: float = within(0, 0.999, 0.9)
    weight_decay: float = within(0, 1, 0.01)
    schedule: Literal["constant", "cosine", "exponential", "step"] = "cosine"
    decay: float = within(0, 1, 0.9)  # exponential: per epoch; step: at decay_step
    decay_step: int | None = at_least(1, None)  # in optimiser steps
    warmup: float = within(0, 0.5, 0.05)  # share of all steps
    class_weights: bool = False
    sampling: Literal["uniform", "balanced"] = "uniform"
    label_smoothing: float = within(0, 0.5, 0.0)
    lr_decay: float = within(0.01, 1, 1.0)  # each layer's rate is the next one's times this; the classifier's is lr
    freeze: Literal["none", "encoder"] | int = at_least(0, "none")  # encoder: all but the classifier; a number: the first layers
    ema: float | None = within(0.5, 0.99999, None)


@dataclass(frozen=True)
class Trainer:
    """How long, on what, and how exactly."""

    epochs: int = at_least(1, 20)
    max_steps: int | None = at_least(1, None)
    batch_size: int = at_least(1, 32)
    accumulate: int = at_least(1, 1)
    patience: int | None = at_least(1, None)  # epochs without a better val/loss
    clip: float | None = within(0, 1e6, None)  # norm of the gradient
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: int | Literal["auto"] = at_least(1, 1)
    nodes: int = at_least(1, 1)
    strategy: Literal["auto", "ddp"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels_last"] = "auto"
    workers: int = within(0, 64, 0)
    threads: int | None = at_least(1, None)
    deterministic: bool = True
    checkpoint_minutes: float = within(0, 1440, 5.0)
    checkpoint_steps: int | None = at_least(1, None)


@dataclass(frozen=True)
class Generate:
    """Pictures that extend the training part (recipe=thyroid): one DCGAN for each set of labels, enlarged by one SRGAN."""

    to: int = at_least(0, 1000)  # pictures of each single sign, real and generated together; 0: none are generated
    to_cross: int = at_least(0, 1000)  # of each set of several signs
    least: int = at_least(2, 8)  # real training pictures that a set of labels needs to be generated from
    size: Literal[16, 32, 64] = 32  # of what a DCGAN draws
    width: int = at_least(4, 64)  # of the DCGAN's networks
    latent: int = at_least(2, 100)
    common_steps: int = at_least(0, 1000)  # of one DCGAN on all training pictures, from which the others start; 0: each from random weights
    steps: int = at_least(1, 1000)  # of each further DCGAN
    batch_size: int = at_least(2, 64)
    lr: float = within(0, 1, 2e-4)
    ema: float | None = within(0.5, 0.99999, 0.99)
    enlarge: bool = True  # SRGAN x4
    sr_steps: int = at_least(1, 1000)
    sr_width: int = at_least(4, 64)
    sr_blocks: int = at_least(1, 16)
    sr_batch_size: int = at_least(2, 16)
    sr_lr: float = within(0, 1, 1e-4)
    sr_perceptual: str | None = None  # weights of VGG-19 (.safetensors) for SRGAN's own content loss; null: pixels and their slopes
    judge: bool = True  # by small classifiers, trained on real pictures, on generated ones, on both
    judge_epochs: int = at_least(1, 30)  # of theirs
    test: int = at_least(0, 100)  # further pictures of each set, only for the paper's table of generated test pictures


@dataclass(frozen=True)
class Phases:
    """Training on pictures of one sign, then on those of several by the modified network (recipe=thyroid)."""

    count: Literal[1, 2] = 2
    epochs: int = at_least(1, 20)  # of the second; the first has trainer.epochs
    lr: float | None = within(0, 10, None)  # of the second; null: task.lr
    replay: float = within(0, 100, 1.0)  # pictures of one sign for each of several in the second; 0: none, and they may be forgotten


@dataclass(frozen=True)
class Evaluate:
    """How the numbers are drawn up."""

    draws: int = within(200, 100_000, 2000)
    seed: int = at_least(0, 0)
    explain: int = within(0, 200, 12)  # worst errors shown with Grad-CAM, worst films with contours
    mirror: bool = False  # answers averaged over film and mirror image; only after randomise.mirror=true (recipe=chest_qc)
    against: tuple[str, ...] = ()  # finished runs on the same patients: paired differences stand in the report


@dataclass(frozen=True)
class Report:
    """What the report may show."""

    images: bool = True


@dataclass(frozen=True)
class Logger:
    """Where curves go besides the run folder."""

    tensorboard: bool = True
    mlflow: bool = False


@dataclass(frozen=True)
class Stopping:
    """Which stop rules count, and their thresholds; a limit of null is no limit."""

    rules: tuple[RuleName, ...] = ("max_entropy", "stable", "plateau", "max_labels", "pool_empty")
    max_entropy: float = within(0, 10, 0.3)  # also for the quantile
    entropy_unit: Literal["nats", "bits"] = "nats"
    kappa: float = within(0, 1, 0.99)
    window: int = at_least(1, 3)  # kappas whose mean counts
    delta: float = within(0, 1, 0.005)
    patience: int = at_least(1, 3)  # rounds without a gain
    target: float | None = within(0, 1, None)
    max_labels: int | None = at_least(1, None)
    max_rounds: int | None = at_least(1, None)


@dataclass(frozen=True)
class Reading:
    """Who reads in real rounds, and what becomes of skips and disagreements."""

    readers: tuple[str, ...] = ("reader",)
    adjudicator: str | None = None  # settles what readers disagree on
    grace_seconds: float = within(0, 3600, 20.0)  # after the last answer, to take it back before the round closes
    double: float = within(0, 1, 0.0)  # share of a round that a second reader labels too
    repeat: float = within(0, 0.5, 0.04)  # share of a round that a reader is shown again, unknowingly
    skipped: Literal["replace", "count", "retry_end"] = "replace"  # another image, none, or the same one again at the end
    exclude_after: int | None = at_least(1, None)  # readers who skip an image until it leaves the pool; null: 1 of one, else 2
    unresolved: Literal["drop", "majority"] = "drop"  # what is learned from an image on which readers disagree
    train_on: Literal["first", "final"] = "first"  # the answer before or after the model was shown


@dataclass(frozen=True)
class Page:
    """What readers see."""

    show_model: Literal["never", "after", "random_half", "before"] = "never"
    accept_bias: bool = False  # needed for before: readers follow what they are shown
    confidence: Literal["off", "optional", "ask"] = "optional"
    context: tuple[Literal["neighbours", "sequences"], ...] = ("neighbours", "sequences")
    keys: dict[str, Any] = field(default_factory=dict)  # class: letter; the others get one of their name
    language: Literal["en", "zh"] = "en"


@dataclass(frozen=True)
class Active:
    """Labelling with the model's help, and its simulation on images whose labels are known."""

    preset: str = "honest"  # the name of these values in configs/active
    budget: int = at_least(1, 50)  # answers asked for in a round, of `unit`
    rounds: int | None = at_least(1, 10)  # of a simulation, after the initial one; null: until the pool is empty
    unit: Literal["slice", "patient"] = "slice"  # what one answer labels
    strategy: StrategyName = "diverse"
    compare: tuple[StrategyName, ...] | None = None  # simulated beside random and random_patient; null: strategy
    repeats: int = within(1, 1000, 5)
    processes: int = within(1, 64, 1)  # that share the repeats and folds of a simulation on this machine
    init: Literal["patient", "typical"] = "patient"  # whole patients at random (the paper), or typical pictures
    init_size: int = at_least(1, 400)  # images
    cap: int | Literal["auto"] | None = at_least(1, "auto")  # most images of one patient in a round
    mix: float = within(0, 1, 0.1)  # share of a round drawn at random
    mode: Literal["retrain", "finetune"] = "retrain"  # each round from the first weights, or from the last round's
    steps: int | None = at_least(1, None)  # optimiser steps of every training; null: trainer.epochs
    noise: float = within(0, 0.5, 0.0)  # share of labels that the simulated reader gets wrong
    margin: float = within(0, 0.5, 0.02)  # how far below all labels still counts as reaching them
    frozen: bool = False  # the network of model.weights stands still, and only a logistic regression on its features learns
    init_seed: int = at_least(0, 1)
    query_seed: int = at_least(0, 3)
    test: bool = False  # real rounds: whole patients for a test are labelled first too
    from_labels: bool = True  # real rounds: begin with the labels that the manifest has
    stop: Stopping = field(default_factory=Stopping)
    reading: Reading = field(default_factory=Reading)
    page: Page = field(default_factory=Page)


@dataclass(frozen=True)
class Settings:
    """One run, as resolved."""

    experiment: str | None = None
    profile: str = "quick"
    recipe: Literal["supervised", "simulate", "label", "thyroid", "chest_qc"] = "supervised"
    title: str = ""
    seed: int = at_least(0, 1)
    seeds: tuple[int, ...] | None = None  # several runs in one; without them, only seed
    split_seed: int = at_least(0, 0)
    decision: Decision = "multilabel"  # of several labels: thresholds from validation, or the paper's rule on one softmax
    runs: str = "runs"
    data: Data = field(default_factory=Data)
    view: View = field(default_factory=View)
    model: Model = field(default_factory=Model)
    augment: Augment = field(default_factory=Augment)
    randomise: Randomise = field(default_factory=Randomise)
    task: Task = field(default_factory=Task)
    trainer: Trainer = field(default_factory=Trainer)
    active: Active = field(default_factory=Active)
    generate: Generate = field(default_factory=Generate)
    phases: Phases = field(default_factory=Phases)
    evaluate: Evaluate = field(default_factory=Evaluate)
    report: Report = field(default_factory=Report)
    logger: Logger = field(default_factory=Logger)
    paper: tuple[dict[str, Any], ...] = ()  # the paper's figures, to stand beside ours

    @property
    def every_seed(self) -> tuple[int, ...]:
        """The seeds to train with: `seeds`, or the one `seed`."""
        return self.seeds or (self.seed,)
