# What people run. Needs git, make and Python 3.11 or newer; everything else goes into .venv.
#
#   make demo           tune a neural network on handwritten digits (under two minutes)
#   make test           set everything up and run all tests
#   make test-slow      the tests that need minutes or a build
#   make test-isolated  adapters that need environments of their own (NAMES="hebo")
#   make test-oldest    packages with the oldest versions they declare (NAMES="core optuna")
#   make check          formatting, lint, types, layers, size and import budgets
#   make setup          only set everything up
#   make bench          measure what it costs, beside others (ARGS=--quick: two minutes)
#   make docs           write the generated pages anew
#   make wheels         build every package into dist/
#   make clean          delete what was built and cached; .venv stays

.PHONY: help setup demo test test-slow test-isolated test-oldest check format bench docs wheels clean
.SILENT:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# Dependencies and entry points come from these; the code itself is installed editable.
MANIFESTS := pyproject.toml $(wildcard core/pyproject.toml plugins/*/pyproject.toml \
	adapters/*/pyproject.toml)

export UV_COMPILE_BYTECODE := 1
export UV_PROJECT_ENVIRONMENT := $(VENV)
# Wheels that no index has: pip reads PIP_FIND_LINKS, uv UV_FIND_LINKS.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif

help:
	sed -n 's/^#   //p' Makefile

# An environment that exists keeps the interpreter it was made with.
$(BIN)/python:
	for candidate in $(PYTHON) python3.11 python3 python3.12 python3.13 python; do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	      >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$("$$candidate" --version)"; \
	    exec "$$candidate" -m venv $(VENV); \
	  fi; \
	done; \
	echo "tunesmith needs Python 3.11 or newer with its venv module; no python3.11, python3," \
	  "python3.12, python3.13 or python is one. Install it (on Debian: apt install python3" \
	  "python3-venv) or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	exit 1

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'

# --inexact removes nothing: what the demo needs is added to a fuller environment.
$(STAMPS)/demo: $(MANIFESTS) | $(BIN)/uv
	echo "installing what the demo needs into $(VENV)"
	$(BIN)/uv sync --quiet --inexact --group demo
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/all: $(MANIFESTS) | $(BIN)/uv
	echo "installing all packages and the tools into $(VENV)"
	$(BIN)/uv sync --quiet --inexact --all-packages --group dev --group demo
	mkdir -p $(STAMPS) && touch $(STAMPS)/demo $@

setup: $(STAMPS)/all

demo: $(STAMPS)/demo
	$(BIN)/python examples/digits.py

test: $(STAMPS)/all
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 8 --dist loadgroup $(ARGS)

test-slow: $(STAMPS)/all
	$(BIN)/python -m pytest -q -m slow $(ARGS)

test-isolated test-oldest: | $(BIN)/uv
	$(BIN)/python tests/environments.py $(@:test-%=%) $(NAMES) -- $(ARGS)

check: $(STAMPS)/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

format: $(STAMPS)/all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMPS)/all
	$(BIN)/python tests/benchmarks/bench.py $(ARGS)

docs: $(STAMPS)/all
	$(BIN)/python docs/generate.py

wheels: $(STAMPS)/all
	rm -rf dist
	for folder in . $(dir $(filter-out pyproject.toml, $(MANIFESTS))); do \
	  $(BIN)/uv build --quiet --out-dir dist $$folder || exit 1; \
	done
	ls dist

clean:
	rm -rf dist build htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis .import_linter_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
