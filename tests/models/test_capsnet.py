import pytest
import torch
from torch.nn import functional as F

from medimg.models import capsnet
from medimg.models.capsnet import CapsNet, route, squash


def naive(votes, rounds):
    """Procedure 1 of Sabour et al., one number after the other."""
    answer = []
    for case in votes:
        agreement = [[0.0] * case.shape[1] for _ in range(case.shape[0])]
        for turn in range(rounds):
            sums = [torch.zeros(case.shape[2]) for _ in range(case.shape[1])]
            for n, row in enumerate(agreement):
                share = torch.tensor(row).softmax(dim=0)
                for k in range(case.shape[1]):
                    sums[k] = sums[k] + share[k] * case[n, k]
            if turn < rounds - 1:
                for n, row in enumerate(agreement):
                    for k, total in enumerate(sums):
                        length = total.norm()
                        capsule = length**2 / (1 + length**2) * total / length
                        row[k] += float(case[n, k] @ capsule)
        answer.append(torch.stack(sums))
    return torch.stack(answer)


@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_routing_is_the_naive_loop(rounds):
    votes = torch.randn(2, 7, 3, 4, generator=torch.Generator().manual_seed(rounds))
    torch.testing.assert_close(route(votes, rounds), naive(votes, rounds), atol=1e-5, rtol=1e-4)


def test_capsules_that_agree_draw_the_others_to_their_class():
    votes = torch.zeros(1, 10, 2, 4)
    votes[0, :, 0] = torch.tensor([1.0, 0, 0, 0])
    votes[0, :, 1] = F.one_hot(torch.arange(10) % 4, 4) * torch.tensor([1.0, -1.0]).repeat(5)[:, None]
    lengths = [route(votes, rounds).norm(dim=2)[0] for rounds in (1, 3)]
    assert lengths[1][0] > lengths[0][0]
    assert lengths[1][0] > 3 * lengths[1][1]


def test_squashing_keeps_directions_and_brings_lengths_below_one():
    vectors = torch.tensor([[3.0, 4.0], [0.03, 0.04], [0.0, 0.0]])
    short = squash(vectors)
    torch.testing.assert_close(short.norm(dim=1), torch.tensor([25 / 26, 0.0025 / 1.0025, 0.0]))
    assert torch.allclose(short[0, 0] / short[0, 1], torch.tensor(0.75))


def test_the_sigmoid_of_a_logit_is_the_length_of_its_capsule():
    sums = torch.randn(5, 3, 16)
    torch.testing.assert_close(torch.log(sums.square().sum(dim=2)).sigmoid(), squash(sums).norm(dim=2))


def test_one_output_tells_two_capsules_apart():
    torch.manual_seed(0)
    network = CapsNet(1).eval()
    both = CapsNet(2).eval()
    both.load_state_dict(network.state_dict())
    image = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(network(image), both(image)[:, 1:] - both(image)[:, :1])


def test_it_learns_which_half_is_bright(monkeypatch):
    monkeypatch.setattr(capsnet, "TYPES", 8)
    torch.manual_seed(0)
    image, label = torch.rand(8, 1, 64, 64) * 0.3, torch.arange(8) % 2
    image[label == 1, :, :, :32] += 0.7
    network = CapsNet(1)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(12):
        loss = F.binary_cross_entropy_with_logits(network(image)[:, 0], label.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] < 3
    assert losses[-1] < 0.2, losses
