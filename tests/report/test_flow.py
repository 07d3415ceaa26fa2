"""Images from found to dealt."""

import json

import pandas as pd

from medimg.report.flow import draw, left_out, part_lines
from medimg.report.folder import RunFolder, read_run


def test_each_image_left_out_is_told_once(run):
    flow = {"found": 100, "excluded_where": 5, "excluded_withdrawn": 1, "excluded_label": 0, "withdrawn_unknown": 2}
    (run / "flow.json").write_text(json.dumps(flow | {"refused": 3, "duplicate": 2, "excluded": 6, "used": 89, "unlabelled": 7}))
    assert sum(amount for _, amount in left_out(read_run(run))) == 11
    assert len(part_lines(read_run(run))) == 3


def test_training_patients_left_unused_are_a_part_of_their_own(run):
    split = pd.read_csv(run / "split.csv", dtype={"id": str})
    train = split.index[split["part"] == "train"]
    split.loc[train[::2], "part"] = "unused"
    split.to_csv(run / "split.csv", index=False)
    flow = json.loads((run / "flow.json").read_text())
    (run / "flow.json").write_text(json.dumps({key: value for key, value in flow.items() if key != "parts"}))
    read = read_run(run)
    lines = dict(part_lines(read))
    assert list(lines) == ["Training", "Validation", "Test", "Not used (data.train_share)"]
    assert "images" in lines["Not used (data.train_share)"]
    texts = [text.get_text() for text in draw(read).axes[0].texts]
    assert "Not used" in texts
    assert "(data.train_share)" in texts


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert draw(RunFolder(tmp_path)) is None
