from dataclasses import asdict, replace

import pytest
import torch

from medimg.errors import ConfigError
from medimg.settings import Trainer
from medimg.training import machine
from medimg.training.machine import Machine, look

CPU = Trainer(accelerator="cpu")


def with_flags(monkeypatch, flags):
    monkeypatch.setattr(machine, "_cpu_facts", lambda: {"flags": flags, "model name": "Toy CPU"})


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("sse2 avx2", "fp32"), ("avx512f avx512_bf16", "bf16"), ("amx_tile amx_bf16", "bf16"), ("avx512_bf16x", "fp32"), ("", "fp32")],
)
def test_half_precision_is_chosen_where_the_processor_multiplies_it(flags, precision, monkeypatch):
    with_flags(monkeypatch, flags)
    assert look(CPU).precision == precision


def test_what_the_user_chose_is_taken_whatever_the_processor(monkeypatch):
    with_flags(monkeypatch, "avx512_bf16")
    chosen = look(replace(CPU, precision="fp32", memory_format="contiguous", threads=3))
    assert (chosen.precision, chosen.memory_format, chosen.threads) == ("fp32", "contiguous", 3)
    assert not chosen.channels_last


@pytest.mark.parametrize(("devices", "threads"), [(1, 8), (2, 4), (3, 2), (16, 1)])
def test_processes_of_one_machine_share_its_cores(devices, threads, monkeypatch):
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(8)))
    assert look(replace(CPU, devices=devices)).threads == look(CPU, processes=devices).threads == threads


def test_automatic_without_an_accelerator_is_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    chosen = look(Trainer())
    assert chosen.accelerator == "cpu"
    assert chosen.device == torch.device("cpu")


def test_an_accelerator_that_is_not_there_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"trainer\.accelerator=cpu"):
        look(Trainer(accelerator="gpu"))


def test_on_an_accelerator_its_own_word_on_bf16_decides(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Toy GPU")
    for able, precision in ((True, "bf16"), (False, "fp32")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, able=able: able)
        chosen = look(Trainer())
        assert (chosen.accelerator, chosen.precision, chosen.device_name) == ("gpu", precision, "Toy GPU")


def test_each_process_of_several_has_its_own_device(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert Machine("gpu", "fp32", "contiguous", 1, True, "x").device == torch.device("cuda", 1)


@pytest.mark.parametrize(
    ("precision", "word", "dtype"),
    [("fp32", "32-true", torch.float32), ("bf16", "bf16-mixed", torch.bfloat16), ("fp16", "16-mixed", torch.float16)],
)
def test_precisions_have_their_words(precision, word, dtype):
    chosen = Machine("cpu", precision, "contiguous", 1, True, "x")
    assert (chosen.lightning_precision, chosen.dtype) == (word, dtype)


def test_stored_values_make_the_same_machine_again():
    stored = asdict(look(CPU))
    assert Machine(**stored) == look(CPU)
    assert look(CPU).differences(stored) == []


def test_what_another_machine_had_otherwise_is_named():
    here = Machine("cpu", "fp32", "contiguous", 2, True, "one")
    assert here.differences(asdict(replace(here, threads=4, device_name="other"))) == [
        "threads: 4 then, 2 now",
        "device_name: other then, one now",
    ]


def test_settling_sets_threads_and_determinism(settled):
    Machine("cpu", "fp32", "contiguous", 1, True, "x").settle()
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert not torch.backends.cudnn.allow_tf32
    Machine("cpu", "fp32", "contiguous", 2, False, "x").settle()
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()
