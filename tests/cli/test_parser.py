"""Verbs, flags and settings in any order; what is neither is a usage error with the closest flag."""

import pytest

from medimg.cli.parser import VERBS, parse
from medimg.errors import ConfigError


def test_flags_and_settings_mix_in_any_order():
    for words in (["--json", "a.b=1", "x=2"], ["a.b=1", "--json", "x=2"], ["a.b=1", "x=2", "--json"]):
        command = parse(["train", *words])
        assert command.json
        assert command.overrides == ["a.b=1", "x=2"]
        assert command.names == []


def test_a_run_and_settings_mix_too():
    command = parse(["train", "trainer.workers=2", "runs/x", "-m", "~data.where.site", "+a=1"])
    assert command.names == ["runs/x"]
    assert command.multirun
    assert command.overrides == ["trainer.workers=2", "~data.where.site", "+a=1"]


def test_a_file_with_an_equals_sign_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.png").touch()
    assert parse(["predict", "run", "a=b.png"]).names == ["run", "a=b.png"]


def test_a_value_may_begin_with_a_dash():
    assert parse(["train", "title=-x", "trainer.clip=-1"]).overrides == ["title=-x", "trainer.clip=-1"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "--jsn"], "Did you mean --json?"),
        (["train", "--epochs", "3"], "trainer.epochs=3"),
        (["train", "--json=yes"], "--json"),
        (["train", "-x"], "no option -x"),
        (["qc", "run", "films", "--network", "RUN"], "as in out=DIR"),
        (["qc", "rules", "P1", "P2"], "words like rules=chest"),
        (["trian"], "trian"),
        ([], "COMMAND"),
        (["data"], "COMMAND"),
        (["train", "a", "b"], "not understood: b"),
        (["predict", "run"], "medimg predict RUN SOURCE"),
        (["data", "whois"], "medimg data whois HASH"),
        (["list", "x=1"], "takes no settings"),
        (["data", "phantom", "brain", "--n", "many"], "--n"),
        (["predict", "run", "x", "--out"], "--out"),
    ],
)  # fmt: skip
def test_a_command_that_means_nothing_is_told(words, told):
    with pytest.raises(ConfigError) as caught:
        parse(words)
    assert told in " ".join(caught.value.faults)


def test_help_of_a_qc_verb_lists_its_keys(capsys):
    with pytest.raises(SystemExit):
        parse(["qc", "run", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "out=, rules=chest, workers=0" in told
    assert "gate.max_fail_rate=1.0" in told


def test_every_verb_knows_json_and_debug_and_is_really_there():
    from importlib import import_module

    assert len(VERBS) >= 12
    for verb in VERBS:
        names = ["x"] * verb.least
        command = parse([*verb.title.split(), *names, "--json", "--debug"])
        assert command.verb is verb
        assert (command.json, command.debug) == (True, True)
        module, _, name = verb.place.rpartition(".")
        assert callable(getattr(import_module(f"medimg.cli.{module}"), name))
