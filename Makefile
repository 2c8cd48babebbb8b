# scenair: `make results/2030/peak` and `make test` need python3.11+ and make, nothing else.
SHELL := /bin/bash
PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
VENV ?= .venv
BIN := $(VENV)/bin
export PYTHONHASHSEED := 0
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy

.DEFAULT_GOAL := help
.PHONY: help env test test-fast lint types format lock clean FORCE

help: ## show what can be made
	@grep -hE '^[a-z%/-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s "$$(printf '\t')"
	@echo "results/2030/peak   the whole chain for one year and scenario (any year and scenario the same way)"

env: $(VENV)/.stamp ## create the environment from requirements.lock

$(VENV)/.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "scenair needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@echo "[scenair] creating the environment in $(VENV) (once; about half a minute)"
	@$(PYTHON) -m venv $(VENV)
	@if $(BIN)/python -m pip --disable-pip-version-check install --quiet uv; then \
	  VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --compile-bytecode -r requirements.lock \
	  && VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --no-deps -e . ; \
	else \
	  echo "[scenair] uv is not to be had here, going on with pip" ; \
	  $(BIN)/python -m pip --disable-pip-version-check install --progress-bar on -r requirements.lock \
	  && $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps -e . ; \
	fi
	@touch $@
	@echo "[scenair] environment ready: source $(BIN)/activate"

results/%: $(VENV)/.stamp FORCE
	$(BIN)/snakemake --cores $(CORES) $(SNAKEMAKE_FLAGS) -- $@

FORCE:

test: $(VENV)/.stamp ## all tests, fast ones first
	$(BIN)/python -m pytest -m "not e2e and not slow" -n $(CORES) -q $(PYTEST_FLAGS)
	$(BIN)/python -m pytest -m "e2e or slow" -q $(PYTEST_FLAGS)

test-fast: $(VENV)/.stamp ## unit tests only
	$(BIN)/python -m pytest -m "not e2e and not slow" -n $(CORES) -q $(PYTEST_FLAGS)

lint: $(VENV)/.stamp ## ruff, snakefmt, snakemake --lint, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

types: $(VENV)/.stamp ## mypy, strict
	$(BIN)/mypy

format: $(VENV)/.stamp ## rewrite in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

lock: $(VENV)/.stamp ## resolve requirements.lock anew (no addresses in it)
	$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean: ## remove results and caches of the default case (not the environment)
	rm -rf results logs benchmarks/rules .snakemake
