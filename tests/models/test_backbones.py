import logging

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from medimg.errors import ConfigError
from medimg.models import from_torchvision
from medimg.models.backbones import OWN, build, build_fused, load
from medimg.models.sizes import LEAST


def logits(network, image):
    with torch.inference_mode():
        return network.eval()(image)


SMALL = "test_resnet"  # timm's smallest ResNet
NAMES = ["resnet18", "efficientnet_b0", "mobilenetv3_small_050", "vgg11", "inception_v3", *OWN]


def picture(name, channels=1, count=2):
    size = max(64, LEAST.get(name, 0))
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_takes_its_channels_and_gives_its_outputs(name, channels):
    assert logits(build(name, outputs=5, channels=channels), picture(name, channels)).shape == (2, 5)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "capsnet"])
def test_a_transfer_head_has_512_and_256_units_on_the_features_of_any_network(name):
    network = build(name, outputs=1, head="transfer")
    assert [tuple(layer.weight.shape) for layer in network.head if hasattr(layer, "weight")][1:] == [(256, 512), (1, 256)]
    assert logits(network, picture(name)).shape == (2, 1)


def test_capsules_are_their_own_classifier():
    with pytest.raises(ConfigError, match=r"model\.head=linear"):
        build("capsnet", outputs=1, head="transfer")


@pytest.mark.parametrize(("name", "head"), [*((name, "linear") for name in OWN), ("alexnet", "transfer"), ("googlenet", "transfer")])
def test_every_weight_learns(name, head):
    torch.manual_seed(0)
    network = build(name, outputs=3, head=head)
    F.cross_entropy(network(picture(name, count=4)), torch.tensor([0, 1, 2, 0])).backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


@pytest.mark.parametrize(("name", "count"), [("alexnet", 61_100_840), ("googlenet", 6_624_904), ("cnn_f", 60_834_536)])
def test_published_networks_have_their_number_of_weights(name, count):
    """AlexNet and GoogLeNet: torchvision's figures. CNN-F: by hand from table 1 of its paper, about 61 million."""
    with torch.device("meta"):
        assert sum(weight.numel() for weight in build(name, outputs=1000, channels=3).parameters()) == count


def test_the_same_seed_gives_the_same_weights():
    states = []
    for _ in range(2):
        torch.manual_seed(4)
        states.append(build(SMALL, outputs=2).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_dropout_acts_in_training_only():
    network = build(SMALL, outputs=3, dropout=0.5)
    image = torch.rand(2, 1, 64, 64)
    assert torch.equal(logits(network, image), logits(network, image))
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    assert not torch.equal(network(image), network(image))


def test_a_misspelt_name_is_answered_with_the_closest():
    with pytest.raises(ConfigError, match=r"model\.name=resnt18.*Did you mean resnet18\?"):
        build("resnt18", outputs=2)


def test_a_name_like_nothing_says_where_the_names_stand():
    with pytest.raises(ConfigError, match="list_models"):
        build("@@@@", outputs=2)


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "network.", "network.module.model."])
@pytest.mark.parametrize("form", ["safetensors", "plain", "state_dict", "network"])
def test_weights_come_from_a_file_whoever_wrote_it(form, prefix, tmp_path):
    """Bare, Lightning's own (state_dict) and the best checkpoint of another run (network)."""
    teacher = build(SMALL, outputs=3)
    state = {prefix + name: value.contiguous() for name, value in teacher.state_dict().items()}
    if form == "safetensors":
        path = tmp_path / "w.safetensors"
        save_file(state, path)
    else:
        path = tmp_path / "w.ckpt"
        torch.save(state if form == "plain" else {form: state, "step": 3}, path)
    image = torch.rand(2, 1, 64, 64)
    assert torch.equal(logits(build(SMALL, outputs=3, weights=str(path)), image), logits(teacher, image))


def test_three_channels_folded_into_one_answer_the_same_for_a_grey_picture(tmp_path):
    teacher = build(SMALL, outputs=3, channels=3)
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    pupil = build(SMALL, outputs=3, channels=1, weights=str(tmp_path / "w.safetensors"))
    grey = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(logits(pupil, grey), logits(teacher, grey.expand(-1, 3, -1, -1)), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["cnn_parkinson", SMALL])
@pytest.mark.parametrize(("before", "channels"), [(3, 1), (3, 2), (1, 3)])
def test_first_filters_for_other_channels_see_the_same_in_a_grey_picture(name, before, channels, tmp_path):
    teacher = build(name, outputs=3, channels=before, head="transfer")
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    pupil = build(name, outputs=3, channels=channels, weights=str(tmp_path / "w.safetensors"))
    grey, firsts = torch.rand(2, 1, 64, 64), []
    for network, count in ((teacher, before), (pupil, channels)):
        first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
        firsts.append(F.conv2d(grey.expand(-1, count, -1, -1), first.weight, stride=first.stride))
    torch.testing.assert_close(firsts[0], firsts[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("heads", [("linear", "transfer"), ("transfer", "linear")])
def test_an_encoder_fits_under_another_head(heads, tmp_path):
    teacher, pupil = (build("alexnet", outputs=1, head=head) for head in heads)
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    missing = load(pupil, tmp_path / "w.safetensors")
    assert missing
    assert all("head" in name or "classifier" in name for name in missing)
    for theirs, ours in zip(teacher.parameters(), pupil.parameters(), strict=False):
        if theirs.ndim == 4:
            assert torch.equal(theirs, ours)


@pytest.mark.parametrize("head", ["linear", "transfer"])
def test_a_head_for_another_question_is_left_out_though_it_fits(head, tmp_path):
    teacher, pupil = (build(SMALL, outputs=1, head=head) for _ in range(2))
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    drawn = [weight.clone() for weight in list(pupil.parameters())[-2:]]
    missing = load(pupil, tmp_path / "w.safetensors", head=False)
    assert {name.split(".")[0] for name in missing} == {"fc" if head == "linear" else "head"}
    assert all(torch.equal(one, other) for one, other in zip(drawn, list(pupil.parameters())[-2:], strict=True))


def test_a_head_of_other_classes_stays_as_drawn_and_is_named(tmp_path):
    save_file(build(SMALL, outputs=7).state_dict(), tmp_path / "w.safetensors")
    network = build(SMALL, outputs=2)
    head = network.fc.weight.clone()
    assert load(network, tmp_path / "w.safetensors") == ["fc.bias", "fc.weight"]
    assert torch.equal(network.fc.weight, head)


def test_a_file_of_which_nothing_fits_is_refused(tmp_path):
    save_file(build("mobilenetv3_small_050", outputs=2).state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(ConfigError, match=r"other\.safetensors: none of its \d+ tensors fits"):
        build("resnet18", outputs=2, weights=str(tmp_path / "other.safetensors"))


def test_of_a_file_that_fits_in_part_the_share_is_told_and_a_whole_one_is_refused(tmp_path, caplog):
    save_file(build("resnet18", outputs=2).state_dict(), tmp_path / "small.safetensors")
    network = build("resnet50", outputs=2)
    with caplog.at_level("INFO", logger="medimg"):
        missing = load(network, tmp_path / "small.safetensors")
    assert f"small.safetensors: {320 - len(missing)} of 320 tensors taken" in caplog.text
    with pytest.raises(ConfigError, match=r"of 320 tensors of this network are not in it.*only the classifier may differ"):
        load(network, tmp_path / "small.safetensors", whole=True)


@pytest.mark.parametrize("own", [{"outputs": 3}, {"outputs": 2, "head": "transfer"}, {"outputs": 2, "channels": 3}]
                         + [{"outputs": 2, "cross": reading} for reading in ("block", "image")])  # fmt: skip
def test_a_whole_start_allows_another_classifier_other_channels_and_crossings(own, tmp_path):
    save_file(build(SMALL, outputs=2).state_dict(), tmp_path / "w.safetensors")
    load(build(SMALL, **own), tmp_path / "w.safetensors", whole=True)


@pytest.mark.parametrize(("reading", "first"), [("image", "cross.0.weight"), ("block", "layer1.0.downsample.weight")])
def test_projections_that_a_network_has_no_place_for_are_told(reading, first, tmp_path, caplog):
    save_file(build(SMALL, outputs=2, cross=reading).state_dict(), tmp_path / "w.safetensors")
    load(build(SMALL, outputs=2, cross=reading), tmp_path / "w.safetensors", whole=True)
    assert not caplog.text
    load(build(SMALL, outputs=2), tmp_path / "w.safetensors", whole=True)
    assert f"not taken, as this network has no such part, beginning with {first}" in caplog.text


def test_a_whole_start_of_fused_encoders_must_fill_every_encoder(tmp_path):
    save_file(build(SMALL, outputs=2).state_dict(), tmp_path / "alone.safetensors")
    separate, shared = (build_fused(SMALL, sequences=2, shared=shared, outputs=1) for shared in (False, True))
    load(separate, tmp_path / "alone.safetensors", whole=True)
    save_file(shared.state_dict(), tmp_path / "shared.safetensors")
    with pytest.raises(ConfigError, match=r"beginning with encoders\.1\."):
        load(separate, tmp_path / "shared.safetensors", whole=True)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match="there is no such file"):
        build("resnet18", outputs=2, weights="nowhere.safetensors")


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code of a weight file was run",))


@pytest.mark.parametrize("content", ["text", "code"])
def test_a_file_that_is_no_weights_is_refused_and_runs_no_code(content, tmp_path):
    path = tmp_path / "w.ckpt"
    if content == "text":
        path.write_text("no weights")
    else:
        torch.save({"state_dict": Evil()}, path)
    with pytest.raises(ConfigError, match="not a file of weights"):
        build(SMALL, outputs=2, weights=str(path))


def test_imagenet_without_a_network_names_the_way_out_and_not_each_of_the_tries(monkeypatch, caplog):
    real = timm.create_model

    def offline(name, pretrained=False, **options):
        if pretrained:
            logging.getLogger("huggingface_hub.utils._http").warning("Retrying in 8s [Retry 5/5].")
            raise OSError("no route to host")
        return real(name, **options)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(ConfigError, match=r"may be offline.*model\.weights=PATH"), caplog.at_level(logging.INFO, "medimg"):
        build("resnet18", outputs=2, weights="imagenet")
    assert caplog.messages == ["model.weights=imagenet: looking for the weights of resnet18, here and then on the network"]


@pytest.mark.parametrize("name", from_torchvision.NAMES)
def test_torchvisions_imagenet_weights_are_taken_with_their_filters_summed(name, monkeypatch):
    torch.manual_seed(7)
    state = build(name, outputs=1000, channels=3).state_dict() | {"aux1.fc2.weight": torch.zeros(1000, 1024)}
    monkeypatch.setattr(from_torchvision, "imagenet", lambda _: state)
    mine = build(name, outputs=2, weights="imagenet").state_dict()
    first, *others = [key for key, value in mine.items() if value.ndim == 4]
    torch.testing.assert_close(mine[first], state[first].sum(dim=1, keepdim=True))
    assert all(torch.equal(mine[key], state[key]) for key in others)


@pytest.mark.parametrize("name", from_torchvision.NAMES)
def test_torchvisions_weights_without_a_network_name_the_way_out(name, monkeypatch):
    def offline(_):
        raise OSError("no route to host")

    monkeypatch.setattr(from_torchvision, "imagenet", offline)
    with pytest.raises(ConfigError, match=rf"{name} could not be fetched.*may be offline.*model\.weights=PATH"):
        build(name, outputs=2, weights="imagenet")


def test_networks_that_nobody_published_have_no_imagenet_weights():
    with pytest.raises(ConfigError, match="nobody publishes"):
        build("cnn_parkinson", outputs=2, weights="imagenet")
