"""Imports only point down the order below, and packages at one level are strangers."""

import ast
from pathlib import Path

import medimg

ORDER = [
    {"errors", "words"}, {"settings"}, {"validate"}, {"io"}, {"phantoms", "data"}, {"transforms"}, {"models"}, {"losses", "metrics"},
    {"active", "qc"}, {"tasks"}, {"training"}, {"evaluate", "report"}, {"recipes"}, {"run"}, {"room"}, {"cli"},
]  # fmt: skip
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
ROOT = Path(medimg.__file__).parent
HYDRA = {"hydra", "omegaconf"}
NO_TORCH = ("io", "phantoms", "evaluate", "report")


def modules():
    return sorted(path for path in ROOT.rglob("*.py") if path.name != "__main__.py" and path != ROOT / "__init__.py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "medimg":
                yield from (f"medimg.{alias.name}" for alias in node.names if alias.name in LEVEL)


def top(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_every_module_has_a_place_in_the_order():
    assert modules()
    assert {top(path) for path in modules()} <= set(LEVEL)


def test_imports_point_down_and_siblings_are_strangers():
    wrong = []
    for path in modules():
        for name in imported(path):
            parts = name.split(".")
            if (
                parts[0] == "medimg"
                and len(parts) > 1
                and parts[1] in LEVEL
                and parts[1] != top(path)
                and LEVEL[parts[1]] >= LEVEL[top(path)]
            ):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_recipes_are_made_of_parts_and_parts_of_no_recipe():
    allowed = {"parts": {"parts"}, "rounds": {"parts", "rounds"}}
    allowed |= {"generating": {"parts", "generating"}, "simulating": {"parts", "rounds", "simulating"}}
    for folder, below in allowed.items():
        found = {name.split(".")[2] for path in (ROOT / "recipes" / folder).glob("*.py") for name in imported(path) if ".recipes." in name}
        assert found <= below, folder


def test_only_run_and_cli_know_hydra():
    assert not [path for path in modules() if top(path) not in {"run", "cli"} and {n.split(".")[0] for n in imported(path)} & HYDRA]


def test_readers_statistics_and_reports_work_without_torch():
    for path in modules():
        if top(path) in NO_TORCH:
            assert not {n.split(".")[0] for n in imported(path)} & {"torch", "timm", "pytorch_lightning"}, path
