import numpy as np
import pytest
import torch
from toys import MACHINE, ToyPictures, network, run

from medimg.models.backbones import build
from medimg.settings import Trainer
from medimg.tasks.classify import Classify
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.training.score import score


def task(**options):
    return Classify(network(), "binary", **{"steps": 100, "steps_per_epoch": 10, **options})


def test_warm_up_rises_in_equal_steps_to_the_full_rate():
    classify = task(warmup=0.1, schedule="constant")
    np.testing.assert_allclose([classify.factor(step) for step in range(12)], [*(np.arange(1, 11) / 11), 1, 1])


def test_the_cosine_is_torchs():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    classify = task(warmup=0.0, schedule="cosine")
    for step in range(100):
        assert classify.factor(step) == pytest.approx(theirs.get_last_lr()[0], abs=1e-6)
        optimizer.step()
        theirs.step()
    assert classify.factor(100) == pytest.approx(0)
    assert classify.factor(150) == pytest.approx(0)


def test_the_exponential_falls_once_an_epoch():
    classify = task(warmup=0.0, schedule="exponential", decay=0.9)
    assert [classify.factor(step) for step in (0, 9, 10, 19, 20, 55)] == pytest.approx([1, 1, 0.9, 0.9, 0.81, 0.9**5])


def test_the_step_falls_once_at_its_place():
    classify = task(warmup=0.0, schedule="step", decay=0.01, decay_step=60)
    assert [classify.factor(step) for step in (0, 59, 60, 99)] == [1, 1, 0.01, 0.01]


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimiser_has_its_name_and_numbers(name, kind):
    found = task(optimizer=name, lr=0.03, momentum=0.7, weight_decay=0.2, warmup=0.0).configure_optimizers()
    assert type(found["optimizer"]) is kind
    assert [group["weight_decay"] for group in found["optimizer"].param_groups] == [0.2, 0.0]
    assert found["optimizer"].param_groups[0]["lr"] == pytest.approx(0.03)
    assert found["lr_scheduler"]["interval"] == "step"
    if name == "sgd":
        assert found["optimizer"].param_groups[0]["momentum"] == 0.7


def test_every_parameter_is_trained_and_only_matrices_decay():
    classify = task()
    decayed, plain = (group["params"] for group in classify.configure_optimizers()["optimizer"].param_groups)
    assert len(decayed) + len(plain) == len(list(classify.network.parameters()))
    assert all(parameter.ndim > 1 for parameter in decayed)
    assert all(parameter.ndim == 1 for parameter in plain)


def rates(classify):
    """The learning rate of each parameter that learns, by name, and whether it decays."""
    groups = classify.configure_optimizers()["optimizer"].param_groups
    names = {id(parameter): name for name, parameter in classify.network.named_parameters()}
    return {names[id(parameter)]: (group["initial_lr"], group["weight_decay"] > 0) for group in groups for parameter in group["params"]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", {"fc.weight": 0, "layer4.1.conv1.weight": 1, "layer4.1.bn1.bias": 1, "layer1.0.conv1.weight": 8, "conv1.weight": 9}),
        (
            "alexnet",
            {"classifier.6.weight": 0, "classifier.4.weight": 1, "features.10.weight": 3, "features.0.weight": 7, "features.0.bias": 7},
        ),
    ],
)
def test_each_layers_rate_is_a_share_of_the_next_ones(name, expected):
    classify = Classify(build(name, outputs=1), "binary", steps=10, steps_per_epoch=5, lr=0.1, lr_decay=0.5)
    found = rates(classify)
    assert set(found) == {name for name, _ in classify.network.named_parameters()}
    assert {name: found[name][0] for name in expected} == pytest.approx({name: 0.1 * 0.5**below for name, below in expected.items()})
    assert {name for name, (_, decays) in found.items() if decays} == {n for n, p in classify.network.named_parameters() if p.ndim > 1}
    assert classify.configure_optimizers()["optimizer"].param_groups[0]["initial_lr"] == 0.1  # what progress shows


def test_only_what_is_not_frozen_is_given_to_the_optimiser():
    classify = Classify(build("resnet18", outputs=1), "binary", steps=10, steps_per_epoch=5, freeze="encoder")
    assert set(rates(classify)) == {"fc.weight", "fc.bias"}


@pytest.mark.parametrize("ema", [None, 0.9])
def test_frozen_weights_and_their_statistics_do_not_move(ema, tmp_path):
    before = network().state_dict()
    after, rows, _, _ = run(tmp_path, Trainer(epochs=2, batch_size=8, accelerator="cpu"), freeze=2, lr=0.1, ema=ema)
    assert rows
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"6.weight", "6.bias"}


@pytest.mark.parametrize("channels_last", [False, True])
def test_logits_are_the_networks(channels_last):
    classify = task(channels_last=channels_last).eval()
    image = torch.rand(3, 1, 12, 12)
    torch.testing.assert_close(classify(image), classify.network(image))


def test_a_module_draws_nothing_on_its_way_from_what_came_before(tmp_path):
    one = run(tmp_path / "one", Trainer(epochs=1, batch_size=8, accelerator="cpu"))
    torch.rand(100)
    other = run(tmp_path / "other", Trainer(epochs=1, batch_size=8, accelerator="cpu"))
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])


def test_training_pictures_are_varied_and_judged_ones_never(tmp_path):
    varied = []
    classify = Classify(network(), "binary", steps=5, steps_per_epoch=5, augment=lambda image, _: varied.append(len(image)) or image)
    keeper = Keeper(
        CheckpointFolder(tmp_path), lambda judged: {"val/loss": float(abs(score(judged, ToyPictures(), MACHINE, batch_size=37)).mean())}
    )
    fit(classify, ToyPictures(), keeper, Trainer(epochs=1, batch_size=8, accelerator="cpu"), MACHINE, seed=0, steps=5)
    assert sorted(varied) == [5, 8, 8, 8, 8]


def test_class_weights_are_no_part_of_what_is_saved():
    assert "weight" not in task(weight=torch.tensor([1.0, 2.0])).state_dict()
