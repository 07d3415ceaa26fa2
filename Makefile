# medimg: `make` lists the targets. Every target makes the environment it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 2
# Installing leaves bytecode to the first import (compiling all of it took half of the installation), so it must be kept then.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format bench debian clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.base ## make the environment in .venv

demo: setup ## train, judge and report on the built-in thyroid cohort
	$(BIN)/medimg train experiment=thyroid_spect profile=demo

test test-all: export OMP_NUM_THREADS = 1
test: $(VENV)/.dev check debian ## lint, types and every test not marked slow
	$(BIN)/pytest -m "not slow" -n 2 --dist worksteal

test-all: $(VENV)/.dev check debian ## the slow tests too, full counts
	$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.dev ## ruff, mypy and the order of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest tests/test_imports.py

format: $(VENV)/.dev ## let ruff write the code as it should be
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## medimg against a bare PyTorch loop, as ratios
	$(BIN)/python scripts/bench.py

debian: ## programs that some tests need, where this user may install them
	@sh scripts/debian.sh

clean: ## remove environment, runs and caches of the checkout
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable ".[dicom,label]"
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable ".[chest,dicom,label,dev]"
	@touch $@
