from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import MACHINE, ToyPictures, network

from medimg.errors import NumericError
from medimg.training.score import logits_of, score


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_two_processes_give_every_case_once_and_the_bits_of_one(layout, two_processes):
    expected = score(network(), ToyPictures(21), replace(MACHINE, memory_format=layout), batch_size=4)
    assert expected.shape == (21, 1)
    for rank in (0, 1):
        assert (np.load(two_processes / f"{layout}-{rank}.npy") == expected).all()


def test_logits_come_in_the_order_of_the_cases():
    pictures, net = ToyPictures(21), network().eval()
    with torch.inference_mode():
        one_by_one = np.concatenate([net(pictures[k]["image"]).numpy() for k in range(21)])
    np.testing.assert_allclose(score(net, pictures, MACHINE, batch_size=4), one_by_one, atol=1e-6)


def test_workers_change_nothing():
    one, other = (score(network(), ToyPictures(21), MACHINE, batch_size=4, workers=workers) for workers in (0, 2))
    assert (one == other).all()


@pytest.mark.parametrize("training", [True, False])
def test_judging_neither_trains_nor_leaves_training(training):
    net = network().train(training)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    one, other = (score(net, ToyPictures(21), MACHINE, batch_size=8) for _ in range(2))
    assert (one == other).all()
    assert net.training is training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_judging_draws_nothing():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    net = network(seed=0)
    torch.manual_seed(0)
    score(net, ToyPictures(21), MACHINE, batch_size=8)
    assert torch.equal(torch.rand(2), expected)


def test_cases_without_a_number_are_named():
    pictures = ToyPictures(21)
    pictures.image[11] = float("nan")
    with pytest.raises(NumericError, match=r"1 of \d+ images: 000000000000000b\..*lower task\.lr.*trainer\.precision=fp32"):
        score(network(), pictures, MACHINE, batch_size=4)


def test_half_precision_gives_float32_logits_near_those_in_full():
    half = replace(MACHINE, precision="bf16")
    image = ToyPictures(8).image
    net = network().eval()
    with torch.inference_mode():
        full, short = logits_of(net, image, MACHINE), logits_of(net, image, half)
    assert short.dtype == torch.float32
    assert not torch.equal(full, short)
    torch.testing.assert_close(full, short, atol=0.05, rtol=0.05)


def test_one_process_alone_scores_every_case_while_others_wait(monkeypatch):
    expected = score(network(), ToyPictures(21), MACHINE, batch_size=4)
    monkeypatch.setattr("medimg.training.ranks.world", lambda: 2)
    monkeypatch.setattr("medimg.training.ranks.gather", lambda _: pytest.fail("the others do not answer"))
    assert (score(network(), ToyPictures(21), MACHINE, batch_size=4, alone=True) == expected).all()
