import pytest
import torch

from medimg.models.backbones import build
from medimg.models.sizes import LEAST


@pytest.mark.parametrize("name", sorted(LEAST))
def test_one_pixel_less_leaves_nothing(name):
    network = build(name, outputs=1).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 1, LEAST[name], LEAST[name])).shape == (1, 1)
        with pytest.raises(RuntimeError):
            network(torch.zeros(1, 1, LEAST[name] - 1, LEAST[name] - 1))
