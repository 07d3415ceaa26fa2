from itertools import chain

import numpy as np
import pytest
import torch
from toys import ToyPictures

from medimg.data import loader as module
from medimg.data.dataset import dense
from medimg.data.loader import TrainLoader, draw, epoch_batches, in_order


def loader(count=37, *, place=(0, 0), **options):
    options = {"batch_size": 8, "seed": 3, **options}
    return TrainLoader(ToyPictures(count), position=lambda: place, **options)


def joined(lists):
    return list(chain.from_iterable(lists))


def ids(loader):
    return [batch["id"] for batch in loader]


def test_the_order_is_a_function_of_seed_and_epoch():
    assert epoch_batches(50, 8, 1, 4) == epoch_batches(50, 8, 1, 4)
    assert epoch_batches(50, 8, 1, 4) != epoch_batches(50, 8, 1, 5)
    assert epoch_batches(50, 8, 1, 4) != epoch_batches(50, 8, 2, 4)


def test_an_epoch_shows_every_sample_once():
    assert sorted(joined(epoch_batches(50, 8, 1, 4))) == list(range(50))


def test_what_was_drawn_elsewhere_changes_nothing():
    before = ids(loader())
    torch.rand(10)
    np.random.rand(10)  # noqa: NPY002
    assert ids(loader()) == before


def test_loading_draws_nothing_from_the_global_generator():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    ids(loader())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("size", "batch_size", "last"), [(17, 8, 8), (18, 8, 2), (16, 8, 8), (1, 8, 1)])
def test_a_last_batch_of_one_is_left_out_unless_it_is_all_there_is(size, batch_size, last):
    assert len(epoch_batches(size, batch_size, 0, 0)[-1]) == last


def test_which_sample_is_left_out_changes_from_epoch_to_epoch():
    missing = {(set(range(17)) - set(joined(epoch_batches(17, 8, 0, epoch)))).pop() for epoch in range(20)}
    assert len(missing) > 5


def test_weights_set_how_often_a_sample_is_drawn():
    weights = np.array([1.0] * 50 + [4.0] * 50)
    drawn = joined(joined(epoch_batches(100, 10, 0, epoch, weights)) for epoch in range(100))
    share = np.mean(np.array(drawn) >= 50)
    assert share == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / len(drawn)))


def test_a_sample_of_no_weight_is_never_drawn():
    assert all(k != 2 for batch in epoch_batches(5, 2, 0, 0, np.array([1.0, 1, 0, 1, 1])) for k in batch)


@pytest.mark.parametrize("done", [0, 1, 3, 4])
def test_an_iteration_begins_where_the_trainer_stands(done):
    assert ids(loader(place=(2, done))) == ids(loader(place=(2, 0)))[done:]


def test_nothing_is_made_before_the_first_batch_is_asked_for():
    asked = []
    made = TrainLoader(ToyPictures(), batch_size=8, seed=0, position=lambda: asked.append(1) or (0, 0))
    begun = iter(made)
    assert not asked
    next(begun)
    assert asked


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_an_epoch_in_whole_batches_without_overlap(world):
    shares = [ids(loader(60, rank=rank, world=world)) for rank in range(world)]
    whole = ids(loader(60))
    assert {len(share) for share in shares} == {len(whole) // world}
    told = [batch for share in shares for batch in share]
    assert all(batch in whole for batch in told)
    seen = joined(told)
    assert len(seen) == len(set(seen))


def test_processes_deal_batches_in_turn():
    shares = [ids(loader(64, rank=rank, world=2)) for rank in range(2)]
    assert [batch for pair in zip(*shares, strict=True) for batch in pair] == ids(loader(64))


def test_length_is_the_number_of_batches_that_come():
    for count in (16, 17, 18, 37):
        assert len(loader(count)) == len(ids(loader(count)))


def test_workers_change_nothing():
    for one, other in zip(loader(place=(1, 1)), loader(place=(1, 1), workers=2), strict=True):
        assert one["id"] == other["id"]
        assert torch.equal(one["image"], other["image"])


@pytest.mark.parametrize("count", [1, 8, 17, 21])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_judging_sees_every_case_once_and_pads_nothing(count, world):
    shares = [
        [name for batch in in_order(ToyPictures(count), batch_size=4, rank=r, world=world) for name in batch["id"]] for r in range(world)
    ]
    assert sorted(joined(shares)) == sorted(ToyPictures(count).ids)


def test_places_in_a_run_have_generators_of_their_own():
    values = {tuple(draw(*key).random(2)) for key in [(0, 1), (0, 2), (1, 1), (0, 1, 0), (0, 1, 1), (0, 0, 1)]}
    assert len(values) == 6
    assert draw(5, 1, 2).random() == draw(5, 1, 2).random()


@pytest.mark.parametrize("pin", [False, True])
def test_batches_are_pinned_where_they_go_to_a_gpu_and_only_there(pin, monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(module, "DataLoader", lambda *_, **options: asked.append(options["pin_memory"]) or [])
    ids(loader(pin=pin))
    in_order(ToyPictures(), batch_size=4, pin=pin)
    assert asked == [pin, pin]


def test_a_grey_picture_seen_as_three_channels_can_be_pinned():
    image = torch.rand(4, 1, 8, 8).expand(-1, 3, -1, -1)
    laid_out = dense({"image": image, "id": ["x"]})["image"]
    assert torch.equal(laid_out, image)
    pinned = torch.empty(0).set_(torch.empty(laid_out.numel()).untyped_storage(), 0, laid_out.size(), laid_out.stride())
    assert torch.equal(pinned.copy_(laid_out), image)  # how torch fills pinned memory; it refuses channels that share theirs


def test_so_many_draws_make_an_epoch_of_a_few_samples():
    batches = epoch_batches(5, 8, 1, 4, draws=40)
    assert [len(batch) for batch in batches] == [8] * 5
    assert set(joined(batches)) == set(range(5))
    assert batches != epoch_batches(5, 8, 1, 5, draws=40)
    weights = np.array([1.0, 0, 0, 0, 1.0])
    assert set(joined(epoch_batches(5, 8, 1, 4, weights, 40))) == {0, 4}


def test_draws_are_dealt_to_processes_and_go_on_from_any_place():
    whole = [ids(loader(5, draws=40, rank=rank, world=2)) for rank in (0, 1)]
    assert [len(batches) for batches in whole] == [2, 2]
    assert whole[0] != whole[1]
    assert ids(loader(5, draws=40, rank=1, world=2, place=(0, 1))) == whole[1][1:]
