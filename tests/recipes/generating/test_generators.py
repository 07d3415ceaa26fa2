from dataclasses import replace

import pytest
import torch

from medimg.errors import ConfigError, RunError
from medimg.models.dcgan import noise_length
from medimg.recipes.generating import generators
from medimg.recipes.generating.generators import SCALE, Learner, content, dcgan, srgan, try_networks
from medimg.recipes.parts.stages import stage
from medimg.settings import Generate, Settings

SMALL = Settings(generate=Generate(size=16, width=4, latent=5, sr_width=4, sr_blocks=1))


class Ids:
    """Pictures of which only the ids are read."""

    ids = ("a", "b")


def learner(run, **how):
    return Learner(Settings(generate=replace(SMALL.generate, **how)), None, run, (1, 0, 0), {"split_sha256": "s"})


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """The inputs of each stage that begins, by its name; nothing is trained."""
    seen = {}

    def note(run, name, inputs, work):
        seen[name.partition("_seed")[0].removeprefix("0_")] = inputs
        return tmp_path

    monkeypatch.setattr(generators, "stage", note)
    monkeypatch.setattr(generators, "forget_last", lambda _: None)
    monkeypatch.setattr(generators, "content_loss", lambda _: content)

    def inputs(**how):
        one = learner(tmp_path, **how)
        one.dcgan("2_dcgan", Ids(), one.settings.generate.common_steps, "drawing")
        one.srgan(Ids())
        return dict(seen)

    return inputs


def changed(begun, **how):
    one, other = begun(), begun(**how)
    return {name for name in one if one[name] != other[name]}


@pytest.mark.parametrize("key", ["width", "latent", "common_steps", "batch_size"])
def test_what_only_draws_does_not_begin_the_enlarging_anew(key, begun):
    assert changed(begun, **{key: 7}) == {"2_dcgan"}


@pytest.mark.parametrize("key", ["sr_width", "sr_blocks", "sr_steps", "sr_batch_size"])
def test_what_only_enlarges_does_not_begin_the_drawing_anew(key, begun):
    assert changed(begun, **{key: 7}) == {"4_srgan"}


def test_generators_depend_neither_on_how_many_pictures_are_drawn_nor_on_their_judges(begun):
    assert not changed(begun, to=5, to_cross=0, least=3, test=3, judge=False, judge_epochs=2, enlarge=False)
    assert changed(begun, size=32) == {"2_dcgan", "4_srgan"}


def test_weights_that_see_are_known_by_their_content_and_only_to_what_enlarges(begun, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_bytes(b"filters")
    first = begun(sr_perceptual=str(one))
    assert first == begun(sr_perceptual=str(other))
    assert first["2_dcgan"] == begun()["2_dcgan"]
    one.write_bytes(b"other filters")
    assert first["4_srgan"] != begun(sr_perceptual=str(one))["4_srgan"]


def test_a_stage_of_older_networks_is_refused_by_that_name(tmp_path, monkeypatch):
    monkeypatch.setattr(generators, "stage", lambda run, name, inputs, work: stage(run, name, inputs, lambda _: None))
    learner(tmp_path).dcgan("2_dcgan", Ids(), 3, "drawing")
    monkeypatch.setattr(generators, "NETWORKS", generators.NETWORKS + 1)
    with pytest.raises(RunError, match=r"2_dcgan_seed1_fold0_member0 was begun with other inputs \(networks changed\)"):
        learner(tmp_path).dcgan("2_dcgan", Ids(), 3, "drawing")


def test_all_that_learns_to_draw_is_tried_where_something_is_drawn(monkeypatch):
    tried = []
    monkeypatch.setattr(generators, "dcgan", lambda _: tried.append("dcgan"))
    monkeypatch.setattr(generators, "srgan", lambda _: tried.append("srgan"))
    wrong = replace(SMALL, generate=replace(SMALL.generate, sr_perceptual="other.safetensors"))

    def refuse(weights):
        raise ConfigError(f"{weights} fits not")

    monkeypatch.setattr(generators, "Perceptual", refuse)
    with pytest.raises(ConfigError, match=r"other\.safetensors fits not"):
        try_networks(wrong)
    assert tried == ["dcgan", "srgan"]
    for how in ({"to": 0, "to_cross": 0}, {"enlarge": False}):
        try_networks(replace(wrong, generate=replace(wrong.generate, **how)))
    assert tried == ["dcgan", "srgan", "dcgan"]


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
