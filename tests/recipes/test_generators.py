import torch

from medimg.models.dcgan import noise_length
from medimg.recipes.generators import SCALE, content, dcgan, srgan
from medimg.settings import Generate, Settings

SMALL = Settings(generate=Generate(size=16, width=4, latent=5, sr_width=4, sr_blocks=1))


def test_the_networks_of_the_settings_draw_and_enlarge():
    drawn = dcgan(SMALL).generator(torch.randn(2, noise_length(16, 5)))
    assert drawn.shape == (2, 1, 16, 16)
    assert dcgan(SMALL).discriminator(drawn).shape == (2,)
    large = srgan(SMALL).generator(drawn)
    assert large.shape == (2, 1, 16 * SCALE, 16 * SCALE)
    assert srgan(SMALL).discriminator(large).shape == (2,)


def test_content_is_none_for_the_same_picture_and_sees_lost_edges():
    real = torch.zeros(1, 1, 8, 8)
    real[..., 4:] = 1
    assert content(real, real) == 0
    blurred = torch.nn.functional.avg_pool2d(real, 3, 1, 1, count_include_pad=False)
    shifted = real + (blurred - real).abs().mean()  # as far off by pixels, with all edges where they were
    assert content(blurred, real) > content(shifted, real) > 0
