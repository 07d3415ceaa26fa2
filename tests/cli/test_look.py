"""list, show and cache."""

import yaml
from command import medimg, refused

from medimg.io import cache_dir
from medimg.validate import known_keys, read_settings


def test_list_tells_purpose_command_and_profiles():
    answer = medimg("list")
    assert answer.code == 0
    for word in ("thyroid_spect", "encephalitis_glioma", "medimg train experiment=thyroid_spect", "smoke", "paper", "configs"):
        assert word in answer.text


def test_list_for_machines():
    told = medimg("list", "--json").json
    assert {"name", "purpose", "command", "own_data", "profiles"} == set(told["experiments"][0])


def test_show_prints_settings_that_can_be_read_back():
    answer = medimg("show", "thyroid_spect", "profile=paper", "seed=4")
    assert answer.out.startswith("# thyroid_spect, profile paper, from ")
    settings, faults = read_settings(yaml.safe_load(answer.out))
    assert not faults
    assert (settings.seed, settings.model.name) == (4, "resnet101")
    assert medimg("show", "thyroid_spect", "--json").json["settings"]["profile"] == "quick"


def test_show_marks_what_must_still_be_given():
    answer = medimg("show", "classify")
    assert answer.code == 0, answer
    assert "# Must still be given (???): data.manifest=..." in answer.out
    assert yaml.safe_load(answer.out)["data"]["manifest"] == "???"
    assert medimg("show", "classify", "--json").json["must_be_given"] == ["data.manifest"]
    assert medimg("show", "classify", "data.manifest=a.csv", "--json").json["must_be_given"] == []
    assert "data.manifest is not given" in refused("data", "check", "experiment=classify")


def test_show_lists_keys_with_their_ranges_and_purpose():
    found = {key["name"]: key for key in medimg("show", "thyroid_spect", "--keys", "--json").json["keys"]}
    assert list(found) == known_keys()
    assert found["data.size"]["wanted"] == "a whole number from 16 to 1024"
    assert found["trainer.patience"]["purpose"] == "epochs without a better val/loss"
    assert found["active.stop.kappa"]["wanted"] == "a number from 0 to 1"
    assert "trainer.epochs" in medimg("show", "--keys").text


def test_show_of_what_is_not_there_names_the_closest():
    assert "Did you mean thyroid_spect?" in refused("show", "thyroid")


def test_the_cache_is_shown_and_cleared_by_kind(medimg_home):
    (cache_dir("pictures") / "a").write_bytes(b"x" * 50_000)
    (cache_dir("phantoms") / "b").write_bytes(b"x" * 10)
    (medimg_home / "identity.key").write_bytes(b"k" * 32)
    assert set(medimg("cache", "show", "--json").json["bytes"]) == {"pictures", "phantoms"}
    assert "pictures" in medimg("cache", "show").text
    assert "Did you mean pictures?" in refused("cache", "clear", "--kind", "picture")
    assert medimg("cache", "clear", "--kind", "pictures").code == 0
    assert not (medimg_home / "cache" / "pictures").exists()
    assert medimg("cache", "clear", "--json").json["cleared"] == ["phantoms"]
    assert (medimg_home / "identity.key").exists()
    assert "empty already" in refused("cache", "clear", code=4)
