import torch
from torch import nn

from medimg.models.flips import Mirrored
from medimg.transforms.mirror import mirror_order

ORDER = mirror_order(["lung_r", "lung_l", "heart", "ribs_r"])


class Sides(nn.Module):
    """Answers for the left half, for the right half, for all and for the left half of a film."""

    def forward(self, film):
        left = torch.zeros_like(film)
        left[..., : film.shape[-1] // 2] = 1
        return torch.cat([film * left, film * (1 - left), film, film * left], dim=1)


def test_a_network_that_minds_no_side_answers_as_without_the_mirror():
    film = torch.rand(2, 1, 6, 8)
    torch.testing.assert_close(Mirrored(Sides(), ORDER)(film), Sides()(film))


def test_the_mirrored_answer_goes_to_the_organ_of_the_other_side():
    torch.manual_seed(0)
    network, film = nn.Conv2d(1, 4, 3, padding=1), torch.rand(1, 1, 6, 8)
    straight, back = network(film), network(film.flip(-1)).flip(-1)
    expected = torch.stack(
        [(straight[:, k] + back[:, other]) / 2 if other >= 0 else straight[:, k] for k, other in enumerate(ORDER)], dim=1
    )
    torch.testing.assert_close(Mirrored(network, ORDER)(film), expected)


def test_nothing_of_the_mirror_is_saved_with_the_network():
    network = nn.Conv2d(1, 4, 3)
    assert {name.removeprefix("network.") for name in Mirrored(network, ORDER).state_dict()} == set(network.state_dict())
