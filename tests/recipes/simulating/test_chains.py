"""How processes share the repeats and folds, with chains that train nothing."""

import logging
from dataclasses import dataclass

from medimg.io.claim import claimed
from medimg.recipes.simulating.chains import strategies_of, tell_merged, work
from medimg.settings import Active, Settings


@dataclass
class Counted:
    name: str
    runs: int = 0

    @property
    def done(self):
        return self.runs > 0

    def run(self):
        self.runs += 1


def test_repeats_and_folds_are_done_once_and_leave_no_claim(tmp_path):
    chains = [Counted("r0_f0"), Counted("r0_f1", runs=1), Counted("r1_f0")]
    work(tmp_path, lambda: iter(chains))
    assert [chain.runs for chain in chains] == [1, 1, 1]
    assert not list((tmp_path / "open").iterdir())


def test_what_another_process_has_claimed_is_left_to_it(tmp_path):
    chains = [Counted("r0_f0"), Counted("r0_f1")]
    with claimed(tmp_path / "open" / "r0_f0.lock"):
        work(tmp_path, lambda: iter(chains))
    assert [chain.runs for chain in chains] == [0, 1]


def test_a_claim_that_becomes_free_meanwhile_is_taken_over(tmp_path):
    chains = [Counted("r0_f0"), Counted("r0_f1")]
    theirs = claimed(tmp_path / "open" / "r0_f0.lock")
    theirs.__enter__()
    chains[1].run = lambda: (theirs.__exit__(None, None, None), setattr(chains[1], "runs", 1))
    work(tmp_path, lambda: iter(chains))
    assert [chain.runs for chain in chains] == [1, 1]


def test_what_is_entropy_by_another_name_has_no_curve_of_its_own_and_that_is_said(caplog):
    settings = Settings(active=Active(compare=("margin", "entropy", "diverse", "least_confidence")))
    assert strategies_of(settings, ["a", "b"]) == ("random", "random_patient", "entropy", "diverse")
    assert strategies_of(settings, ["a", "b", "c"])[2:] == ("margin", "entropy", "diverse", "least_confidence")
    with caplog.at_level(logging.INFO, "medimg"):
        tell_merged(settings, ["a", "b", "c"])
        assert not caplog.records
        tell_merged(settings, ["a", "b"])
    assert [record.getMessage().split()[3] for record in caplog.records] == ["least_confidence", "margin"]
