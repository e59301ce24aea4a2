# Two commands: `make demo` and `make test`. Everything they need is set up in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SECONDS ?= 0
TICKS  ?=
BARS   ?=
SPEED  ?=
WORKERS ?= 3

SIM     := .venv-sim
PEERS   := .venv-peers
OTHERS  := vectorbt-1.2.0 hftbacktest-2.4.4 basana-1.11 nautilus_trader-1.231.0
SEEDS   ?= 0 10000
# The product runs on 3.11 and newer; simloom and the last nautilus_trader need 3.12.
PYTHON312 ?= $(shell for each in python3.12 "$$(pyenv root 2>/dev/null)"/versions/3.12*/bin/python; \
	do "$$each" -c 'import sys; print(sys.executable)' 2>/dev/null && break; done)

.PHONY: help demo test lint bench peers-bench frontier differential mutate simulate sabotage lock sbom system-deps clean

help:                 ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

$(VENV)/.run: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

need312 = @test -n "$(PYTHON312)" || { echo "this needs Python 3.12: none found (PYTHON312=...)"; exit 1; }

$(SIM)/.run: requirements-simulation.lock
	$(need312)
	$(PYTHON312) -m venv $(SIM)
	$(SIM)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-simulation.lock
	touch $@

demo: $(VENV)/.run    ## the local exchange and a daemon keeping a hedge; SECONDS=60 ends by itself; TICKS=DIR or BARS=DIR replays, SPEED=60 times as fast
	@$(BIN)/python -m hedgebot demo $(if $(filter-out 0,$(SECONDS)),--seconds $(SECONDS)) $(if $(TICKS),--ticks $(TICKS)) $(if $(BARS),--bars $(BARS)) $(if $(SPEED),--speed $(SPEED))

lint: $(VENV)/.dev    ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: lint            ## the whole suite, three files side by side (WORKERS=3); its simulation fails where Python 3.12 is missing
	-@$(MAKE) --no-print-directory $(SIM)/.run
	$(BIN)/python -m pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

bench: $(VENV)/.dev   ## the speed budget: the decision alone, the sweep's kernel, then spot trade to order beside a bare loop
	-$(BIN)/python -m bench.decision
	-$(BIN)/python -m bench.replay
	-$(BIN)/python -m bench.sweep
	$(BIN)/python -m bench.latency

$(PEERS)/%/.run: # one environment each: they ask for versions of numpy that exclude each other
	$(need312)
	$(PYTHON312) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check numpy $(subst -,==,$*)
	touch $@

peers-bench: $(VENV)/.dev $(OTHERS:%=$(PEERS)/%/.run) ## other engines on the same bars, band and fees, in environments of their own
	$(BIN)/python -m bench.peers $(OTHERS:%=$(PEERS)/%)

frontier: $(VENV)/.dev ## the optimal band against the best fixed bands and the peers; writes the table of docs/policies.md; some 10 minutes
	nice $(BIN)/python -m bench.frontier --write

differential: $(VENV)/.dev ## kernel against step, and quiet prices passed over against every price heard, at full length; an hour, resumable
	nice $(BIN)/python -m tests.research.differential

mutate: $(VENV)/.dev  ## mutation test of exposure, sizing and the order life cycle
	$(BIN)/python -m tests.mutation

simulate: $(SIM)/.run ## the real daemon and the local exchange in seeded worlds; SEEDS="FIRST COUNT", resumable
	$(SIM)/bin/python -m tests.simulation --shards var/simulation --range $(SEEDS)

sabotage: $(SIM)/.run ## each rule broken on purpose, and the seed that finds it
	$(SIM)/bin/python -m tests.simulation.saboteur

lock: $(VENV)/.dev    ## renew the locks (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra research --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra research -c requirements-dev.lock pyproject.toml -o requirements-research.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.12 --group simulation -c requirements.lock pyproject.toml -o requirements-simulation.lock

sbom: $(VENV)/.dev    ## sbom.json, a CycloneDX bill of materials of the run-time packages
	$(BIN)/python -m tests.packaging.components > sbom.json

system-deps:          ## apt packages that the tests need, where missing
	@ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || \
		{ apt-get update -qq && apt-get install -y -qq libfaketime; }

clean:
	rm -rf $(VENV) $(SIM) $(PEERS) var .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
