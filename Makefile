# Two commands: `make demo` and `make test`. Everything they need is set up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SECONDS ?= 0
TICKS  ?=

.PHONY: help demo test lint bench mutate lock system-deps clean

help:                 ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/.run    ## the local exchange and a daemon keeping a hedge; SECONDS=60 ends by itself; TICKS=DIR replays recorded ticks
	@$(BIN)/python -m hedgebot demo $(if $(filter-out 0,$(SECONDS)),--seconds $(SECONDS)) $(if $(TICKS),--ticks $(TICKS))

lint: $(VENV)/.dev    ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: lint            ## the whole suite
	$(BIN)/python -m pytest

bench: $(VENV)/.dev   ## the speed budget: the decision alone, then spot trade to order beside a bare loop
	-$(BIN)/python -m bench.decision
	$(BIN)/python -m bench.latency

mutate: $(VENV)/.dev  ## mutation test of exposure, sizing and the order life cycle
	$(BIN)/python -m tests.mutation

lock: $(VENV)/.dev    ## renew the locks (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

system-deps:          ## apt packages that the tests need: none yet
	@true

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
