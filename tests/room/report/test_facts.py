"""Every number is checked against the way the history was made, and follows from an exported history alone."""

import dataclasses
import json

import histories
import pytest
from sklearn.metrics import cohen_kappa_score

from medimg.room.exchange import export_file
from medimg.room.exchange.jsonl import read_history, text
from medimg.room.report import facts
from medimg.room.report.model import doubted, judged


def row(rows, **wanted):
    (found,) = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    return found


def test_labels_by_round_and_reader_with_patients_and_times(found):
    ann = row(found["by_reader"], round=0, reader="Ann")
    assert (ann["asked"], ann["labelled"], ann["skipped"], ann["patients"]) == (40, 40, 0, 30)
    assert (ann["seconds"], ann["seconds_low"], ann["seconds_high"]) == (2.5, 1.75, 3.25)
    bo = row(found["by_reader"], round=0, reader="Bo")
    assert (bo["labelled"], bo["skipped"]) == (35, 5)
    second = row(found["by_reader"], round=1, reader="Ann")
    assert (second["asked"], second["labelled"]) == (25, 25)
    assert second["hours"] == pytest.approx((60 + 19 * 2) / 3600)
    assert row(found["by_reader"], round=2, reader="Bo")["labelled"] == 20


def test_totals(found):
    told = found["totals"]
    wrong = [k for k in range(40) if k % 8 < 7 and k % 10 == 3]
    assert (told["images"], told["patients"], told["patients_opened"]) == (120, 30, 30)
    assert told["disagreed"] == len(wrong)
    assert told["labelled"] == 80 - len(wrong)
    assert told["skips"] == {"not_decidable": 1, "poor_quality": 4}
    assert told["by_part"] == {"pool": 80 - len(wrong) - 9, "val": 9}
    assert sum(line[part] for line in told["by_class"] for part in ("pool", "val")) == told["labelled"]


def test_agreement_between_readers_is_that_of_first_answers(found):
    both = [f"i{k}" for k in range(40) if k % 8 < 7]
    ann = histories.truth(both)
    bo = [
        label if int(item[1:]) % 10 != 3 else next(c for c in histories.CLASSES if c != label)
        for item, label in zip(both, ann, strict=True)
    ]
    kappa = row(found["between_readers"], reader="Ann", metric="kappa")
    assert kappa["estimate"] == pytest.approx(cohen_kappa_score(ann, bo))
    assert kappa["n"] == len(both)
    assert row(found["between_readers"], metric="alpha")["n"] == len(both)


def test_readers_with_themselves(found):
    agreed = row(found["within_readers"], reader="Ann", metric="accuracy")
    assert (agreed["estimate"], agreed["n"]) == (0.8, 5)


def test_rounds_keep_scores_and_count_labels_that_changed_since(found):
    first, second, third = found["rounds"]
    assert (first["strategy"], first["seed"], first["val"]["auroc"], first["changed"]) == ("typical", 7, 0.81, 1)
    assert (second["changed"], second["stop"], second["max_entropy"]) == (1, ["stable", "max_entropy"], 0.5)
    assert (third["state"], third["changed"], third["val"]) == ("labelling", None, None)


def test_open_pool_is_estimated_from_the_random_share(found):
    drawn = [f"i{k}" for k in range(40, 48)]
    share = row(found["pool"], round=1, what=f"share of {histories.CLASSES[1]}")
    assert share["estimate"] == pytest.approx((histories.truth(drawn) == histories.CLASSES[1]).mean())
    assert row(found["pool"], what="model right")["estimate"] == pytest.approx(7 / 8)
    assert {one["round"] for one in found["pool"]} == {1}


def test_readers_and_the_model_where_it_was_shown_and_not(found):
    shown, hidden = found["bias"]["arms"]
    assert (shown["arm"], shown["answers"], shown["switched_to"], shown["switched_from"]) == ("shown after the answer", 10, 0, 1)
    assert (hidden["arm"], hidden["answers"]) == ("not shown", 10)
    assert shown["first"]["estimate"] == 1.0
    assert shown["final"]["estimate"] == 0.9
    assert hidden["first"]["estimate"] == 0.8


def test_labels_that_the_model_or_a_repeat_doubts_are_listed_once(found):
    by = {one["item"]: one["why"] for one in found["doubted"]}
    assert by == {"i10": "repeat", "i45": "model", "i55": "model", "i65": "model", "i75": "model"}
    assert row(found["doubted"], item="i45")["probability"] == 0.95


def test_a_label_that_the_network_was_trained_on_is_not_judged_by_it(history, found):
    assert found["judged"] == 40
    events = [dict(row) for row in history.tables["event"]]
    early = next(row for row in events if row["item"] == "i12" and row["kind"] == "label")
    early["item"] = "i45"  # somebody had labelled it before round 0 closed, so the network of round 0 had learnt it
    told = dataclasses.replace(history, tables={**history.tables, "event": events})
    assert "i45" in {one["item"] for one in found["doubted"]}
    assert "i45" not in {one["item"] for one in doubted(told)}
    assert judged(told) == 39


def test_provenance_names_chain_versions_and_the_last_hash(history, found):
    told = found["provenance"]
    assert (told["faults"], told["events"], told["last_hash"]) == ([], len(history.tables["event"]), history.tables["event"][-1]["hash"])
    assert told["manifest_sha256"] == "f" * 64


def test_report_follows_from_the_exported_history_alone(history, found, tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(text(history))
    assert facts(read_history(path), draws=200) == found
    assert json.loads(json.dumps(found)) == found


def test_empty_project_has_a_report(tmp_path):
    import rooms

    with rooms.room(tmp_path) as store:
        export_file(store, tmp_path / "x.jsonl")
        told = facts(store.history())
    assert (told["totals"]["labelled"], told["between_readers"], told["pool"], told["bias"], told["doubted"]) == (0, [], [], None, [])
