"""One Adam for two networks against each other is, to the bit, two Adams side by side; what holds for one network holds for both."""

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from processes import start
from stops import Count, StopAt
from torch import nn
from toy_adversaries import BETAS, LR_DISCRIMINATOR, LR_GENERATOR, STEPS, adversaries, bare, run, task
from toys import ToyPictures

from medimg.data.loader import epoch_batches
from medimg.errors import Interrupted, NumericError
from medimg.settings import Trainer
from medimg.tasks.adversarial import Adversarial
from medimg.tasks.sources import Shrunk
from medimg.training.checkpoints import CheckpointFolder, load_weights, step_of
from medimg.transforms.diff_augment import DiffAugment

REAL = ToyPictures(8).image
TIMING = ("seconds", "images_per_s")


def same(one, other):
    assert one[0].keys() == other[0].keys()
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])
    rows = [[{k: v for k, v in row.items() if k not in TIMING} for row in rows] for _, rows, _ in (one, other)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("noisy", [True, False])
@pytest.mark.parametrize("augment", [None, DiffAugment(flip_horizontal=True)])
def test_one_adam_is_two_adams_side_by_side_to_the_bit(noisy, augment, tmp_path):
    weights, rows, _ = run(tmp_path, noisy=noisy, augment=augment)
    expected = bare(STEPS, noisy=noisy, augment=augment)
    assert rows[-1]["step"] == STEPS
    start = dict(zip(("generator", "discriminator"), adversaries(noisy=noisy), strict=True))
    for name, value in expected.items():
        assert torch.equal(weights[name], value), name
        network, _, inner = name.partition(".")
        assert not torch.equal(weights[name], start[network].state_dict()[inner]), name


def test_each_network_has_its_own_rate_in_the_one_optimiser():
    module = task()
    optimizer = module.configure_optimizers()
    assert type(optimizer) is torch.optim.Adam
    assert [(group["lr"], group["betas"], group["weight_decay"]) for group in optimizer.param_groups] == [
        (LR_GENERATOR, BETAS, 0), (LR_DISCRIMINATOR, BETAS, 0),
    ]  # fmt: skip
    assert [len(group["params"]) for group in optimizer.param_groups] == [
        len(list(part.parameters())) for part in module.network.children()
    ]


def test_no_gradient_of_one_loss_reaches_the_other_network():
    module = task(augment=DiffAugment(), content=nn.functional.l1_loss)
    losses = module.losses(REAL, 0, 0, 0)
    networks = dict(module.network.named_children())
    found = {
        (loss, name): torch.autograd.grad(losses[loss], list(network.parameters()), retain_graph=True, allow_unused=True)
        for loss in losses for name, network in networks.items()
    }  # fmt: skip
    for (loss, name), gradients in found.items():
        assert [gradient is not None for gradient in gradients] == [loss == name] * len(gradients)
    sum(losses.values()).backward()
    for name, network in networks.items():
        for parameter, gradient in zip(network.parameters(), found[name, name], strict=True):
            assert torch.equal(parameter.grad, gradient)


def test_the_generators_loss_leaves_the_discriminators_statistics_as_they_are():
    module = task()
    module.losses(REAL, 0, 0, 0)
    assert module.network.discriminator[1].num_batches_tracked == 2  # real and generated, not once more


def test_losses_are_their_formulas():
    given = torch.rand(len(REAL), 6, generator=torch.Generator().manual_seed(1))
    module = task(noisy=False, adversarial=0.25, content=nn.functional.mse_loss, source=lambda *_: given)
    losses = module.losses(REAL, 0, 0, 0)
    fake = module(given)
    p_real, p_fake = (module.network.discriminator(image).sigmoid().double() for image in (REAL, fake))
    expected = -p_real.log().mean() - (1 - p_fake).log().mean()
    torch.testing.assert_close(losses["discriminator"].double(), expected, rtol=1e-5, atol=1e-6)
    expected = -0.25 * p_fake.log().mean() + ((fake - REAL) ** 2).mean().double()
    torch.testing.assert_close(losses["generator"].double(), expected, rtol=1e-5, atol=1e-6)


def test_real_and_generated_pictures_are_varied_alike_and_the_content_sees_neither():
    varied, compared = [], []

    def content(fake, real):
        compared.extend([fake, real])
        return (fake - real).abs().mean()

    module = task(augment=lambda image, _: varied.append(image) or image * 0, content=content)
    module.losses(REAL, 0, 0, 0)
    assert len(varied) == 2
    assert varied[0] is compared[1] is REAL
    assert varied[1] is compared[0]


def test_everything_random_in_a_step_is_a_function_of_its_place():
    places = [(0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    said = []
    for place in places:
        torch.rand(7)
        said.append(float(task(augment=DiffAugment()).losses(REAL, *place)["generator"].detach()))
    assert said[0] == said[1]
    assert len(set(said)) == 4


def test_a_module_that_measures_content_neither_learns_nor_moves(tmp_path):
    content = nn.BatchNorm2d(1)
    before = {name: value.clone() for name, value in content.state_dict().items()}

    class Content(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = content

        def forward(self, fake, real):
            return nn.functional.mse_loss(self.features(fake), self.features(real))

    run(tmp_path, content=Content())
    assert all(torch.equal(value, before[name]) for name, value in content.state_dict().items())


def test_a_generator_that_enlarges_comes_nearer_to_the_real_picture(tmp_path):
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Upsample(scale_factor=4), nn.Conv2d(1, 1, 3, padding=1))
    module = Adversarial(generator, adversaries()[1], Shrunk(4), content=nn.functional.mse_loss, adversarial=1e-3, lr_generator=0.02)
    _, rows, _ = run(tmp_path, module=module, settings=Trainer(epochs=10, batch_size=8, accelerator="cpu"))
    assert rows[-1]["train/generator"] < 0.5 * rows[0]["train/generator"]


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"), augment=DiffAugment(), ema=0.9)


def test_a_training_stopped_at_every_second_step_ends_with_the_same_bits_of_both_networks(never_stopped, tmp_path):
    for step in range(2, STEPS, 2):
        with pytest.raises(Interrupted):
            run(tmp_path, augment=DiffAugment(), ema=0.9, callbacks=[StopAt(step)])
    count = Count()
    ended = run(tmp_path, augment=DiffAugment(), ema=0.9, callbacks=[count])
    same(ended, never_stopped)
    assert count.batches == 1
    one, other = (load_weights(best) for *_, best in (ended, never_stopped))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(not torch.equal(one[name], ended[0][name]) for name in one)  # it is the average that was kept


@pytest.mark.parametrize("step", [1, 5, 8, 15])
def test_a_training_stopped_once_continues_to_the_same_bits(step, never_stopped, tmp_path):
    with pytest.raises(Interrupted):
        run(tmp_path, augment=DiffAugment(), ema=0.9, callbacks=[StopAt(step)])
    same(run(tmp_path, augment=DiffAugment(), ema=0.9), never_stopped)


def test_rows_carry_the_mean_of_each_networks_loss(tmp_path):
    seen = []

    class Heard(pl.Callback):
        def on_train_batch_end(self, trainer, module, outputs, *_):
            seen.append([float(outputs[name]) for name in ("generator", "discriminator", "loss")])

    _, rows, _ = run(tmp_path, callbacks=[Heard()])
    for epoch, row in enumerate(rows):
        expected = torch.tensor(seen[5 * epoch : 5 * epoch + 5], dtype=torch.float64).mean(dim=0)
        assert [row["train/generator"], row["train/discriminator"], row["train/loss"]] == pytest.approx(expected.tolist(), rel=1e-6)
        assert "val/loss" not in row


@pytest.mark.parametrize(
    ("planted", "named", "other"), [("content", "generator", "discriminator"), ("image", "discriminator", "generator")]
)
def test_a_loss_that_is_no_number_stops_and_is_named_with_the_images(planted, named, other, tmp_path):
    pictures, options = ToyPictures(5), {}
    if planted == "image":
        pictures.image[:] = float("inf")
    else:
        options["content"] = lambda fake, _: fake.sum() * float("nan")
    with pytest.raises(NumericError, match=f"the {named}'s loss is (nan|inf) in epoch 0, step 0") as fault:
        run(tmp_path, pictures=pictures, noisy=False, **options)
    assert f"{other}'s loss" not in str(fault.value)
    assert all(pictures.ids[k] in str(fault.value) for k in epoch_batches(5, 8, 3, 0, draws=40)[0])
    assert fault.value.exit_code == 5
    assert CheckpointFolder(tmp_path).newest("last") is None


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_weights_that_are_no_numbers_are_never_saved_of_either_network(network, tmp_path, monkeypatch):
    class Spoil(pl.Callback):
        def on_before_optimizer_step(self, trainer, module, _):
            if trainer.global_step == 5:
                next(getattr(module.network, network).parameters()).data[0] = float("nan")

    monkeypatch.setattr("medimg.tasks.adversarial.refuse_no_number", lambda *_: None)
    with pytest.raises(NumericError, match=rf"^1 tensors .*first: {network}\.0\.weight"):
        run(tmp_path, settings=Trainer(epochs=3, batch_size=8, accelerator="cpu", checkpoint_steps=1), callbacks=[Spoil()])
    assert step_of(CheckpointFolder(tmp_path).newest("last")) == 5


@pytest.fixture(scope="module")
def two_trainings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    start(Path(__file__).with_name("two_trainings.py"), 2, folder)
    return folder


def test_two_processes_end_with_the_same_weights_of_both_networks(two_trainings):
    for name in ("plain", "noisy"):
        one, other = (torch.load(two_trainings / f"{name}-{rank}.pt")["weights"] for rank in (0, 1))
        moving = [key for key in one if "running" not in key]
        assert moving
        assert all(torch.equal(one[key], other[key]) for key in moving)


def test_two_processes_are_one_that_averages_the_gradients_of_both_batches(two_trainings):
    found = torch.load(two_trainings / "plain-0.pt")["weights"]
    for name, value in bare(STEPS, noisy=False, world=2, batch_size=4, augment=None).items():
        torch.testing.assert_close(found[name], value.detach(), atol=1e-5, rtol=1e-4)


def test_a_loss_that_is_no_number_in_one_process_stops_both(two_trainings):
    faults = [(two_trainings / f"{rank}.txt").read_text() for rank in (0, 1)]
    assert "the discriminator's loss is" in faults[1]
    assert "images of this batch" in faults[0]
