import pytest
import timm
import torch
from safetensors.torch import save_file

from medimg.errors import ConfigError
from medimg.models.backbones import build, load


def logits(network, image):
    with torch.inference_mode():
        return network.eval()(image)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "mobilenetv3_small_050", "inception_v3"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_takes_its_channels_and_gives_its_outputs(name, channels):
    size = 96 if name == "inception_v3" else 64
    assert logits(build(name, outputs=5, channels=channels), torch.rand(2, channels, size, size)).shape == (2, 5)


def test_the_same_seed_gives_the_same_weights():
    states = []
    for _ in range(2):
        torch.manual_seed(4)
        states.append(build("resnet18", outputs=2).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_dropout_acts_in_training_only():
    network = build("resnet18", outputs=3, dropout=0.5)
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


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "network."])
@pytest.mark.parametrize("form", ["safetensors", "plain", "state_dict", "network"])
def test_weights_come_from_a_file_whoever_wrote_it(form, prefix, tmp_path):
    """Bare, Lightning's own (state_dict) and the best checkpoint of another run (network)."""
    teacher = build("resnet18", outputs=3)
    state = {prefix + name: value.contiguous() for name, value in teacher.state_dict().items()}
    if form == "safetensors":
        path = tmp_path / "w.safetensors"
        save_file(state, path)
    else:
        path = tmp_path / "w.ckpt"
        torch.save(state if form == "plain" else {form: state, "step": 3}, path)
    image = torch.rand(2, 1, 64, 64)
    assert torch.equal(logits(build("resnet18", outputs=3, weights=str(path)), image), logits(teacher, image))


def test_three_channels_folded_into_one_answer_the_same_for_a_grey_picture(tmp_path):
    teacher = build("resnet18", outputs=3, channels=3)
    save_file(teacher.state_dict(), tmp_path / "w.safetensors")
    pupil = build("resnet18", outputs=3, channels=1, weights=str(tmp_path / "w.safetensors"))
    grey = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(logits(pupil, grey), logits(teacher, grey.expand(-1, 3, -1, -1)), atol=1e-4, rtol=1e-4)


def test_a_head_of_other_classes_stays_as_drawn_and_is_named(tmp_path):
    save_file(build("resnet18", outputs=7).state_dict(), tmp_path / "w.safetensors")
    network = build("resnet18", outputs=2)
    head = network.fc.weight.clone()
    assert load(network, tmp_path / "w.safetensors") == ["fc.bias", "fc.weight"]
    assert torch.equal(network.fc.weight, head)


def test_a_file_of_which_nothing_fits_is_refused(tmp_path):
    save_file(build("mobilenetv3_small_050", outputs=2).state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(ConfigError, match=r"other\.safetensors: none of its \d+ tensors fits"):
        build("resnet18", outputs=2, weights=str(tmp_path / "other.safetensors"))


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
        build("resnet18", outputs=2, weights=str(path))


def test_imagenet_without_a_network_names_the_way_out(monkeypatch):
    real = timm.create_model

    def offline(name, pretrained=False, **options):
        if pretrained:
            raise OSError("no route to host")
        return real(name, **options)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(ConfigError, match=r"may be offline.*model\.weights=PATH"):
        build("resnet18", outputs=2, weights="imagenet")
