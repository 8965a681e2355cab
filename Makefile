# Every target uses the environment .venv, which the target .venv makes from constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.PHONY: demo test test-all check format bench clean

.venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

demo: .venv  ## virtual people, a source network, features, classifiers, a report
	$(BIN)/painscope demo --out $(DEMO)

test: .venv  ## what fits in ten minutes on two cores
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

test-all: .venv
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv  ## three of the benchmarks; each document names its own, and some take long
	$(BIN)/python benchmarks/classifiers.py
	$(BIN)/python benchmarks/extraction_memory.py
	$(BIN)/python benchmarks/virtual_render.py

clean:
	rm -rf .venv build dist src/*.egg-info
