"""Files, profile and words become settings in the stated order of rule."""

import contextlib
import random
import subprocess
import sys

import pytest

from medimg.errors import ConfigError
from medimg.run.compose import compose
from medimg.validate import known_keys

BRAIN = "experiment=encephalitis_glioma"


def faults(*words):
    with pytest.raises(ConfigError) as caught:
        compose(words)
    return caught.value.faults


def test_an_experiment_brings_its_groups_values_and_quick_profile():
    settings = compose([BRAIN])
    assert settings.experiment == "encephalitis_glioma"
    assert settings.profile == "quick"
    assert settings.data.where == {"sequence": "FLAIR"}
    assert settings.data.classes == ("encephalitis", "glioma")
    assert settings.augment.rotate_deg == 10


def test_a_profile_sets_values_and_chooses_groups():
    settings = compose([BRAIN, "profile=paper"])
    assert settings.model.name == "resnet50"
    assert settings.augment.choose == 4


def test_the_users_words_win_over_the_profile():
    settings = compose([BRAIN, "profile=paper", "trainer.epochs=7", "augment=none"])
    assert settings.trainer.epochs == 7
    assert settings.augment.choose is None


def test_a_group_file_that_the_user_chose_wins_over_the_profile():
    assert compose([BRAIN, "profile=paper", "model=resnet18"]).model.name == "resnet18"
    assert compose([BRAIN, "profile=smoke", "trainer=cpu"]).trainer.epochs == 1


def test_words_count_in_any_order():
    words = [BRAIN, "profile=demo", "task.lr=0.01", "model=resnet101"]
    assert compose(words) == compose(words[::-1])


def test_a_mapping_replaces_the_one_before_and_a_dotted_key_adds_to_it():
    assert compose([BRAIN, "data.where={}"]).data.where == {}
    assert compose([BRAIN, "data.where={sequence:[T2,T1CE]}"]).data.where == {"sequence": ["T2", "T1CE"]}
    assert compose([BRAIN, "data.where.site=A"]).data.where == {"sequence": "FLAIR", "site": "A"}
    assert compose([BRAIN, "~data.where.sequence"]).data.where == {}


def test_the_words_of_one_command_are_gone_in_the_next():
    before = compose([BRAIN])
    compose([BRAIN, "data.where.site=A", "~data.where.sequence", "trainer.epochs=7", "profile=paper"])
    assert compose([BRAIN]) == before


def test_hydras_plus_signs_are_understood():
    assert compose([BRAIN, "+trainer.clip=1.0", "++task.ema=0.99"]).trainer.clip == 1.0


def test_a_value_may_refer_to_another_key():
    assert compose([BRAIN, "trainer.patience=${trainer.epochs}", "trainer.epochs=12"]).trainer.patience == 12


def test_a_reference_in_a_circle_ends():
    assert any("refers to" in fault for fault in faults(BRAIN, "title=${recipe}", "recipe=${title}"))


def test_paths_are_made_absolute_where_the_command_is_given(tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text("image\n")
    monkeypatch.chdir(tmp_path)
    assert compose(["data.manifest=mine.csv"]).data.manifest == str(tmp_path / "mine.csv")
    assert compose([], manifest="mine.csv").data.manifest == str(tmp_path / "mine.csv")


def test_a_manifest_may_have_any_letters_when_it_is_a_name_of_its_own(tmp_path):
    odd = tmp_path / "a, (b) = {c}.csv"
    odd.write_text("image\n")
    assert compose([], manifest=str(odd)).data.manifest == str(odd)


def test_all_faults_of_words_profile_and_files_are_one_list():
    found = faults(BRAIN, "sed=3", "trainer.epochs=abc", "model=resnet19", "data.exclude=no.csv", "data.fold=9")
    assert len(found) == 5
    assert [
        text for text in ("'seed'", "trainer.epochs=abc", "resnet18", "data.exclude=", "data.fold") if not any(text in f for f in found)
    ] == []


def test_an_experiment_with_a_typing_error_does_not_ask_for_a_manifest_besides():
    assert len(faults("experiment=thyroid_spec")) == 1


def test_without_experiment_or_manifest_the_way_in_is_told():
    (fault,) = faults()
    assert "experiment=NAME" in fault
    assert "phantom:thyroid" in fault


def test_no_words_are_so_odd_that_medimg_breaks():
    draw = random.Random(0)
    keys = [
        *known_keys(),
        "data",
        "experiment",
        "profile",
        "",
        "a",
        "data.where.x",
        "paper",
        "trainer.",
        ".x",
        "..",
        "hydra",
        "defaults",
        "profiles",
    ]
    values = [
        "",
        "null",
        "-1",
        "1e400",
        "nan",
        "[]",
        "{}",
        "{a:b}",
        "[1,[2]]",
        "${data.size}",
        "${x",
        "a=b",
        "\n",
        "\0",
        "é",
        "~",
        "a,b",
        "sweep(1)",
    ]
    values += [
        "choice(a,b)",
        "???",
        "true",
        "/etc",
        "9" * 30,
        "[a",
        "{a:{b:c}}",
        "glob(*)",
        "float(3)",
        "$(x)",
        "@x",
        ":",
        "#x",
        "'a b'",
        "quick",
    ]
    for _ in range(150):
        words = [
            draw.choice(["", "+", "~"]) + draw.choice(keys) + draw.choice(["=", "=", "", "@p="]) + draw.choice(values) for _ in range(3)
        ]
        with contextlib.suppress(ConfigError):
            compose([*words, *draw.choice([[], [BRAIN]])])


def test_composing_needs_neither_torch_nor_pandas():
    code = (
        "import sys; from medimg.run.compose import compose; compose(['experiment=thyroid_spect']); "
        "print({'torch', 'pandas'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"
