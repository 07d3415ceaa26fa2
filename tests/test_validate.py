"""Types, ranges and names of the configuration: everything wrong is told at once, in the user's words."""

import pytest

from medimg.settings import Settings
from medimg.validate import closest_key, did_you_mean, known_keys, plain, read_settings, shown

FINE = {"data": {"manifest": "phantom:thyroid"}}


def faults_of(**config):
    sections = {**FINE, **config}
    if "data" in config:
        sections["data"] = {**FINE["data"], **config["data"]}
    return read_settings(sections)[1]


def test_every_key_keeps_its_default_when_nothing_is_given():
    settings, faults = read_settings(FINE)
    assert not faults
    assert settings.task == Settings().task
    assert settings.data.manifest == "phantom:thyroid"


def test_settings_survive_being_written_and_read():
    settings, faults = read_settings(
        {
            "seeds": [1, 2],
            "data": {"manifest": "x.csv", "classes": [0, 1], "where": {"site": ["a", "b"], "n": 3}},
            "paper": [{"source": "t", "only": {"classes": ["a"]}, "rows": {"all": {"auroc": 0.9}}}],
        }
    )
    assert not faults
    assert settings.data.classes == ("0", "1")
    assert read_settings(plain(settings)) == (settings, [])


def test_a_missing_manifest_is_told():
    assert read_settings({})[0].data.manifest == "???"
    assert read_settings({"data": {"manifest": "???"}})[1] == ["data.manifest=???: this has no default and must be given."]


def test_all_faults_come_at_once():
    faults = faults_of(sed=3, trainer={"epochs": "abc", "devices": 0}, task={"optimizer": "sdg"})
    assert faults == [
        "no key 'sed'; did you mean 'seed'?",
        "task.optimizer=sdg: one of adam, adamw, sgd is needed. Did you mean sgd?",
        "trainer.epochs=abc: a whole number of at least 1 is needed.",
        "trainer.devices=0: a whole number of at least 1 or auto is needed.",
    ]


@pytest.mark.parametrize(
    ("section", "value", "told"),
    [
        ({"trainer": {"epochs": 1.5}}, "1.5", "a whole number of at least 1"),
        ({"trainer": {"epochs": True}}, "true", "a whole number of at least 1"),
        ({"trainer": {"epochs": None}}, "null", "a whole number of at least 1"),
        ({"trainer": {"deterministic": "yes"}}, "yes", "true or false"),
        ({"task": {"lr": -0.1}}, "-0.1", "a number from 0 to 10"),
        ({"task": {"lr": float("nan")}}, "nan", "a number from 0 to 10"),
        ({"task": {"lr": float("inf")}}, "inf", "a number from 0 to 10"),
        ({"data": {"size": 4000}}, "4000", "a whole number from 16 to 1024"),
        ({"data": {"classes": [True, False]}}, "[true,false]", "a list of words"),
        ({"data": {"where": {"site": {"a": 1}}}}, "{site:{a:1}}", "a mapping of columns to values"),
        ({"data": {"where": "site"}}, "site", "a mapping of columns to values"),
        ({"seeds": ["a"]}, "[a]", "a list of whole numbers"),
        ({"title": ["a"]}, "[a]", "a word"),
        ({"model": {"channels": 4}}, "4", "a whole number from 1 to 3"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_or_range_is_told_with_what_is_needed(section, value, told):
    (fault,) = faults_of(**section)
    assert f"={value}: {told}" in fault


def test_one_value_is_a_list_of_one():
    settings, faults = read_settings({"seeds": 3, "data": {"manifest": "x", "fold": 0, "classes": ["a", "b"]}})
    assert not faults
    assert (settings.seeds, settings.data.fold) == ((3,), (0,))


def test_a_single_value_for_a_group_is_refused():
    assert faults_of(model="resnet18") == ["model=resnet18: model is a group of keys, set as model.KEY=VALUE."]


def test_a_fault_says_where_its_value_came_from():
    _, faults = read_settings(
        {**FINE, "trainer": {"epochs": 0, "epoks": 1}}, {"trainer.epochs": "profile smoke", "trainer.epoks": "profile smoke"}
    )
    assert len(faults) == 2
    assert all(fault.endswith("(profile smoke)") for fault in faults)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sed", "seed"), ("epochs", "trainer.epochs"), ("trainer.epoch", "trainer.epochs"), ("trainer.lr", "task.lr"),
        ("modle.name", "model.name"), ("data.manfest", "data.manifest"), ("task.learning_rate", "task.lr"),
        ("model.pretrained", "model.weights"),
        ("qqqqq", None),
    ],
)  # fmt: skip
def test_a_misspelt_key_finds_the_one_that_was_meant(typed, meant):
    assert closest_key(typed) == meant


def test_every_key_is_its_own_closest():
    assert len(known_keys()) > 60
    assert [key for key in known_keys() if closest_key(key) != key] == []


def test_no_word_is_guessed_where_none_is_near():
    assert did_you_mean("zzz", ["adam", "sgd"]) == ""


def test_a_value_is_shown_as_typed_on_one_line():
    assert shown({"a": [1, None, True], "b": "x\ny"}) == "{a:[1,null,true],b:x y}"
    assert len(shown("x" * 500)) == 60


def test_seed_is_used_when_no_seeds_are_given():
    assert read_settings({**FINE, "seed": 7})[0].every_seed == (7,)
    assert read_settings({**FINE, "seeds": [1, 2]})[0].every_seed == (1, 2)
