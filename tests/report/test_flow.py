"""Images from found to dealt."""

import json

from medimg.report.flow import draw, left_out, part_lines
from medimg.report.folder import RunFolder, read_run


def test_each_image_left_out_is_told_once(run):
    flow = {"found": 100, "excluded_where": 5, "excluded_withdrawn": 1, "excluded_label": 0, "withdrawn_unknown": 2}
    (run / "flow.json").write_text(json.dumps(flow | {"refused": 3, "duplicate": 2, "excluded": 6, "used": 89, "unlabelled": 7}))
    assert sum(amount for _, amount in left_out(read_run(run))) == 11
    assert len(part_lines(read_run(run))) == 3


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert draw(RunFolder(tmp_path)) is None
