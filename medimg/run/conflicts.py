"""Settings that are right one by one and wrong together, and files they name that are not there."""

from collections.abc import Iterator
from pathlib import Path

from medimg.models.sizes import LEAST
from medimg.phantoms import COHORTS
from medimg.run.outlining import outlining
from medimg.run.simulated import labelling, simulation
from medimg.settings import Settings
from medimg.validate import did_you_mean

WEIGHTS = (".safetensors", ".ckpt")


def conflicts(settings: Settings, given: set[str]) -> list[str]:
    """What does not fit together; `given` are the dotted keys that the user typed."""
    found = [*_classes(settings), *_folds(settings, given), *_training(settings), *_network(settings), *_cohort(settings, given)]
    found += [*_fusion(settings, given), *_stages(settings), *outlining(settings, given)]
    asked = {"simulate": simulation, "label": labelling}.get(settings.recipe)
    return [*found, *asked(settings, given)] if asked else found


def _classes(settings: Settings) -> Iterator[str]:
    classes, several = settings.data.classes, settings.data.multilabel
    if settings.decision == "paper" and not several:
        yield "decision=paper is for images of several labels, and data.multilabel=false. Set data.multilabel=true, or leave decision out."
    if settings.data.label is None and settings.recipe != "chest_qc":
        yield "data.label=null: nothing is learned without labels. Name their column; masks are learned by experiment=chest_qc."
    if classes is None:
        return
    twice = sorted({name for name in classes if classes.count(name) > 1})
    if twice:
        yield f"data.classes names {', '.join(twice)} twice. Name each class once."
    elif len(classes) < (1 if several and settings.decision == "multilabel" else 2):
        yield f"data.classes=[{','.join(classes)}]: at least two classes are needed to tell apart. Name them all, or leave the key out."


def _folds(settings: Settings, given: set[str]) -> Iterator[str]:
    data = settings.data
    fixed = next((key for key in ("leave_out", "split") if getattr(data, key)), None)
    if data.leave_out and data.split:
        yield f"data.leave_out={data.leave_out} and data.split are both given, and each says who is tested. Give one of them."
    if fixed and "data.folds" in given:
        yield f"data.{fixed} says which patients each fold tests, so data.folds={data.folds} has no meaning. Give one of them."
    wrong = [fold for fold in data.fold or () if fold < 0 or (not fixed and fold >= data.folds)]
    if wrong:
        last = "" if fixed else f" to {data.folds - 1}, as data.folds={data.folds}"
        yield f"data.fold={list(data.fold or ())}: folds are numbered from 0{last}. There is no fold {', '.join(map(str, wrong))}."
    if data.folds == 1 and not fixed and data.val_share + data.test_share >= 1:
        shares = f"data.val_share={data.val_share:g} and data.test_share={data.test_share:g}"
        yield f"{shares} leave too few to train on. Together they must stay under 1."
    strange = [key for key in data.deal_over if key not in data.where and not (data.fuse and key == "sequence")]
    if strange:
        yield f"data.deal_over={list(data.deal_over)}: data.where has no key {', '.join(strange)}. Name keys of data.where."
    seeds = settings.seeds or ()
    if settings.seeds == () or min(seeds, default=0) < 0 or len(set(seeds)) < len(seeds):
        yield f"seeds={list(seeds)}: different whole numbers of at least 0 are needed, for example [1,2,3]."
    if "seed" in given and "seeds" in given:
        yield "seed and seeds are both given. Give one of them."


def _training(settings: Settings) -> Iterator[str]:
    task, trainer = settings.task, settings.trainer
    if task.schedule == "step" and task.decay_step is None:
        yield "task.schedule=step needs task.decay_step, the number of optimiser steps after which the rate falls."
    if task.class_weights and task.sampling == "balanced":
        yield "task.class_weights=true and task.sampling=balanced both make up for rare classes, twice is too much. Choose one."
    if trainer.accelerator == "cpu" and trainer.precision == "fp16":
        yield "trainer.precision=fp16 is not for trainer.accelerator=cpu. Choose auto, bf16 or fp32."


def _network(settings: Settings) -> Iterator[str]:
    model, least = settings.model, LEAST.get(settings.model.name, 0)
    if settings.data.size < least:
        yield f"data.size={settings.data.size}: {model.name} leaves nothing of an image under {least} px. Set data.size={least} or more."
    if model.layerwise and (model.name != "sdae" or model.weights):
        yield f"model.layerwise={model.layerwise}: only model=sdae from random weights has layers that are trained one by one. Set it to 0."
    if settings.task.freeze not in ("none", 0) and model.weights is None:
        yield f"task.freeze={settings.task.freeze} would keep filters as they were drawn at random. Set model.weights, or task.freeze=none."


def _stages(settings: Settings) -> Iterator[str]:
    how = settings.generate
    if settings.recipe != "thyroid":
        return
    if settings.data.fuse:
        yield "data.fuse: recipe=thyroid generates single images. Leave data.fuse out, or take experiment=encephalitis_glioma_fusion."
    if settings.data.deal_by == "image" and (how.to or how.to_cross):
        yield (
            "data.deal_by=image: generated images need every patient in one part. Leave it out, or set generate.to=0 generate.to_cross=0."
        )
    if how.sr_perceptual and not Path(how.sr_perceptual).is_file():
        yield f"generate.sr_perceptual={how.sr_perceptual}: there is no such file. Give weights of VGG-19 (.safetensors), or leave it out."


def _fusion(settings: Settings, given: set[str]) -> Iterator[str]:
    data, model = settings.data, settings.model
    if not data.fuse:
        alone = [key for key in ("data.missing", "model.encoders", "augment.sequence_dropout") if key in given]
        if alone:
            yield f"{', '.join(alone)}: these are for sequences judged together. Name them in data.fuse, for example [FLAIR,T1CE,T2]."
        return
    listed = f"data.fuse=[{','.join(data.fuse)}]"
    if len(set(data.fuse)) < max(2, len(data.fuse)):
        yield f"{listed}: at least two different sequences are needed."
    if settings.recipe in ("simulate", "label"):
        yield f"{listed}: labelling asks for single images. Leave data.fuse out."
    if model.head != "linear":
        yield f"{listed} and model.head={model.head}: fused features have a classifier of their own. Leave model.head out."
    if model.cross != "none":
        yield f"{listed} and model.cross={model.cross}: blocks are modified in a network of its own only. Leave model.cross out."
    if "sequence" in data.where:
        yield f"{listed} chooses the sequences, so data.where must not name sequence as well. Take it out: data.where={{}} or other keys."


def _cohort(settings: Settings, given: set[str]) -> Iterator[str]:
    manifest, limit = settings.data.manifest, settings.data.limit
    name = manifest.removeprefix("phantom:")
    if manifest.startswith("phantom:") and name not in COHORTS:
        listed = ", ".join(f"phantom:{known}" for known in COHORTS)
        yield f"no built-in cohort is called '{name}'.{did_you_mean(name, list(COHORTS))} There is: {listed}."
    if limit is not None and "data.limit" in given and not manifest.startswith("phantom:"):
        yield f"data.limit={limit} makes a built-in cohort smaller and does not act on a file. Choose rows with data.where or data.exclude."


def missing_files(settings: Settings) -> list[str]:
    """A fault for each file that the settings name and that is not there."""
    data, weights = settings.data, settings.model.weights
    faults = []
    named = {"data.manifest": data.manifest, "data.exclude": data.exclude, "data.split": data.split}
    words = {"data.manifest": "phantom:", "data.split": "manifest"}
    for key, value in named.items():
        word = words.get(key)
        if value and value != "???" and not (word and (value.startswith(word) if word.endswith(":") else value == word)):
            faults += _missing(key, Path(value))
    for run in map(Path, settings.evaluate.against):
        if not (run / "predictions" / "test.csv").is_file():
            near = did_you_mean(run.name, sorted(entry.name for entry in run.parent.iterdir())) if run.parent.is_dir() else ""
            faults.append(
                f"evaluate.against={run}: this is no finished run.{near} Name folders of runs, or finish it: medimg train resume=RUN."
            )
    if weights and weights != "imagenet":
        faults += _missing_weights(Path(weights))
    return faults


def _missing(key: str, path: Path) -> list[str]:
    if path.is_file():
        return []
    if path.is_dir():
        way = " medimg data scan makes a manifest from a folder of DICOM." if key == "data.manifest" else " Name a CSV file."
        return [f"{key}={path} is a folder, not a file.{way}"]
    if key == "data.manifest" and path.name in COHORTS:
        return [f"{key}={path}: there is no such file. Did you mean phantom:{path.name}?"]
    folder = path.parent
    if not folder.is_dir():
        return [f"{key}={path}: there is no such folder. Paths are relative to where the command is given."]
    near = did_you_mean(path.name, sorted(entry.name for entry in folder.iterdir()))
    return [f"{key}={path}: there is no such file.{near}"]


def _missing_weights(path: Path) -> list[str]:
    if path.is_dir():
        return (
            [] if (path / "config.yaml").is_file() else [f"model.weights={path} is a folder and no run. Name a run, or a file of weights."]
        )
    if not path.is_file():
        near = did_you_mean(
            path.name, ["imagenet", *(entry.name for entry in path.parent.iterdir())] if path.parent.is_dir() else ["imagenet"]
        )
        return [f"model.weights={path}: there is no such file.{near} Give imagenet, a run, or a file that ends in {' or '.join(WEIGHTS)}."]
    if path.suffix not in WEIGHTS:
        return [f"model.weights={path.name}: a file that ends in {' or '.join(WEIGHTS)} is needed; others could run code when read."]
    return []
