"""Configuration files hold values and nothing else: what could run code, read the environment or hang is refused before Hydra sees it."""

import shutil
import time

import pytest

from medimg.errors import ConfigError
from medimg.run import configs
from medimg.run.compose import compose


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of the checkout's configs that a test may spoil."""
    shutil.copytree(configs.config_root(), tmp_path / "configs")
    (tmp_path / "medimg").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(configs.medimg, "__file__", str(tmp_path / "medimg" / "__init__.py"))
    assert configs.config_root() == tmp_path / "configs"
    return tmp_path / "configs"


def mine(checkout, text):
    (checkout / "experiment" / "mine.yaml").write_text(text)


def fault(*words):
    with pytest.raises(ConfigError) as caught:
        compose(words)
    return " ".join(caught.value.faults)


def test_an_experiment_of_the_users_own_is_one_more_file(checkout):
    mine(checkout, "# @package _global_\n# Mine.\n# Run: medimg train experiment=mine\ndefaults:\n  - override /data: brain\ntitle: Mine\n")
    assert compose(["experiment=mine"]).title == "Mine"
    assert "mine" in [head.name for head in configs.heads()]


def test_a_file_that_changes_between_two_commands_of_one_process_is_looked_at_and_read_again(checkout):
    head = "# @package _global_\n# Mine.\ndefaults:\n  - override /data: brain\n"
    for title in ("Mine", "Ours"):  # of one length
        mine(checkout, f"{head}title: {title}\n")
        assert compose(["experiment=mine"]).title == title
    mine(checkout, f"{head}title: ${{oc.env:HOME}}\n")
    assert "is not allowed" in fault("experiment=mine")


def test_an_experiment_may_lie_in_a_folder(checkout):
    (checkout / "experiment" / "chest").mkdir()
    (checkout / "experiment" / "chest" / "films.yaml").write_text("# @package _global_\n# Films.\ndefaults:\n  - override /data: brain\n")
    assert compose(["experiment=chest/films"]).experiment == "chest/films"


def test_an_alias_bomb_is_refused_at_once(checkout):
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    mine(checkout, "\n".join(lines))
    began = time.monotonic()
    text = fault("experiment=thyroid_spect")
    assert "anchors and aliases" in text
    assert "experiment/mine.yaml line 1" in text
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model:\n  _target_: os.system\n", "_target_"),
        ("model: {x: [{_partial_: true}]}\n", "_partial_"),
        ("title: ${oc.env:HOME}\n", "${oc.env:HOME}"),
        ("title: '${${a}.env:HOME}'\n", "may refer to one other key"),
        ("title: 'x ${recipe} y'\n", "may refer to one other key"),
        ("hydra:\n  searchpath: [file:///etc]\n", "Hydra's own settings"),
        ("defaults:\n  - ../../secret\n", "'..'"),
        ("defaults:\n  - override /data: ../../secret\n", "'..'"),
        ("defaults:\n  - /etc/../passwd\n", "'..'"),
        ("a: [1\n", "not readable as YAML"),
        ("- 1\n- 2\n", "a mapping of keys"),
        ("a: !!python/object/apply:os.system [ls]\n", "not readable as YAML"),
    ],
)  # fmt: skip
def test_a_file_that_does_more_than_hold_values_is_refused(checkout, text, told):
    mine(checkout, text)
    answer = fault("experiment=thyroid_spect")
    assert told in answer
    assert "configs/experiment/mine.yaml" in answer


def test_bytes_that_are_no_text_are_refused(checkout):
    (checkout / "experiment" / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    assert "mine.yaml" in fault("experiment=thyroid_spect")


def test_a_fault_in_a_profile_names_the_profile(checkout):
    mine(
        checkout,
        "# @package _global_\n# M.\ndefaults:\n  - override /data: brain\nprofiles:\n  quick:\n    trainer.epoks: 3\n    model: resnet19\n",
    )
    text = fault("experiment=mine")
    assert "trainer.epochs" in text
    assert "(profile quick)" in text
    assert "resnet18" in text


def test_without_any_configuration_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(configs.medimg, "__file__", str(tmp_path / "medimg" / "__init__.py"))
    with pytest.raises(ConfigError, match="Install medimg again"):
        configs.config_root()


def test_rule_files_of_film_quality_are_no_group_and_are_looked_through_all_the_same(checkout):
    assert "qc" not in configs.groups()
    (checkout / "qc" / "mine.yaml").write_text("# Rules of a site, for one test.\nversion: &a 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"configs/qc/mine\.yaml"):
        configs.refuse_unsafe_files()
