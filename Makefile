# Works on a machine with Python 3.11+, make and git. `uv` is used where it is installed and fetched into .tools where it is not.
SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
export UV_PYTHON_DOWNLOADS = never
export UV_PYTHON_PREFERENCE = only-system
# Written once at installation: everything starts in half the time, also where Python may not write it later.
export UV_COMPILE_BYTECODE = 1
RUN = $(UV) run --locked --no-sync

.PHONY: help demo serve test test-fast test-crash test-local-model fmt lint types bench prices schema setup clean

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 20

demo: .venv/.run ## gateway, simulated providers and data to look at; no account, no key, no configuration
	@$(RUN) headgate demo

serve: .venv/.run ## the gateway with ./headgate.yaml, or with the provider keys found in the environment
	@$(RUN) headgate serve $(if $(wildcard headgate.yaml),-c headgate.yaml)

test: .venv/.dev lint types ## everything CI runs: style, types, tests
	$(RUN) pytest -q -n auto --dist worksteal

test-fast: .venv/.dev ## tests only, without the real model
	$(RUN) pytest -q -n auto --dist worksteal -m 'not local_model'

test-crash: .venv/.dev ## law M1 in full: 100 repetitions of kill -9 among 1,000 requests
	$(RUN) python -m tests.laws.crash --repetitions 100 --requests 1000

test-local-model: .venv/.dev ## the end-to-end suite on a real model, SmolLM2-135M
	$(RUN) pytest -q -m local_model

fmt: .venv/.dev ## format the code
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

lint: .venv/.dev ## style
	$(RUN) ruff format --check .
	$(RUN) ruff check .

types: .venv/.dev ## pyright, strict, tests included
	$(RUN) pyright

bench: .venv/.dev ## the benchmark, one table; PEERS=1 adds other gateways (needs nginx and wrk)
	$(RUN) python -m bench

prices: .venv/.dev ## compile the price list anew from the genai-prices package
	$(RUN) python scripts/compile_prices.py

schema: .venv/.dev ## write the JSON Schema of headgate.yaml and the page about its options anew
	$(RUN) python scripts/write_schema.py
	$(RUN) python scripts/write_config_docs.py

setup: .venv/.dev ## install all that the other words need

clean:           ## remove what make made
	rm -rf .venv .tools .hypothesis

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check 'uv==0.13.9'

.venv/.run: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	@$(UV) sync --quiet --locked --no-default-groups --python $(PYTHON) --inexact
	@touch $@

.venv/.dev: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	@$(UV) sync --quiet --locked --all-groups --python $(PYTHON)
	@touch $@ .venv/.run
