"""Settings of networks that outline organs."""

import pytest

from medimg.errors import ConfigError
from medimg.run.compose import compose

CHEST = "experiment=chest_qc"


@pytest.mark.parametrize(
    ("view", "network", "largest"), [("pa", "ChestPAQC_10_3", "ChestPAQC_20_3"), ("lateral", "Chest2ViewQC_8_3", "Chest2ViewQC_15_3")]
)
def test_a_view_brings_its_films_organs_and_networks(view, network, largest):
    settings = compose([CHEST, f"view={view}"])
    assert settings.model.name == network
    assert compose([CHEST, f"view={view}", "profile=paper"]).model.name == largest
    assert ("LAT" in settings.view.films) == ("arm" in settings.view.organs) == (view == "lateral")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["view=null"], "no view file is called 'null'. There is: lateral, pa"),
        (["data.size=100"], "multiples of 64. Set data.size=128"),
        (["model.weights=imagenet"], "model.weights=imagenet: recipe=chest_qc starts from a run of its own"),
        (["augment.noise=0.1", "task.class_weights=true"], "augment.noise, task.class_weights: not used"),
        (["evaluate.mirror=true"], "Set randomise.mirror=true too"),
        (["data.fuse=[FLAIR,T2]"], "leave data.fuse"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(words, told):
    with pytest.raises(ConfigError) as caught:
        compose([CHEST, *words])
    assert [fault for fault in caught.value.faults if told in fault], caught.value.faults


def test_films_without_a_view_are_told_the_two():
    with pytest.raises(ConfigError, match="Give view=pa or view=lateral"):
        compose(["experiment=classify", "recipe=chest_qc", "data.manifest=phantom:chest"])


def test_networks_of_a_library_learn_on_any_size():
    assert compose([CHEST, "model.name=unet", "data.size=100"]).data.size == 100


def test_films_without_labels_are_no_pool_to_label_from():
    with pytest.raises(ConfigError, match="nothing is learned without labels"):
        compose([CHEST, "recipe=simulate"])


def test_what_films_alone_use_is_refused_elsewhere():
    with pytest.raises(ConfigError, match=r"randomise\.noise: only for recipe=chest_qc"):
        compose(["experiment=encephalitis_glioma", "randomise.noise=0.1"])
