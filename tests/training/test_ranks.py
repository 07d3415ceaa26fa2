import json

import pytest

from medimg.training import ranks


def test_one_process_leads_itself_and_waits_for_nobody():
    assert (ranks.rank(), ranks.world()) == (0, 1)
    assert ranks.gather("mine") == ["mine"]
    ranks.barrier()


@pytest.mark.parametrize("rank", [0, 1])
def test_each_of_two_processes_knows_itself_and_what_the_others_have(rank, two_processes):
    told = json.loads((two_processes / f"{rank}.json").read_text())
    assert (told["rank"], told["world"]) == (rank, 2)
    assert told["gathered"] == [{"rank": 0}, {"rank": 1}]


@pytest.mark.parametrize("rank", [0, 1])
def test_a_fault_found_by_one_process_is_raised_in_all(rank, two_processes):
    assert f"{20:016x}" in json.loads((two_processes / f"{rank}.json").read_text())["fault"]


def test_without_ddp_nothing_is_started(monkeypatch):
    import lightning_fabric

    monkeypatch.setattr(lightning_fabric, "Fabric", None)
    ranks.launch("cpu", 2, 1, "auto")
