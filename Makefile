# Sawt · صوت. Every target sets up what it needs first; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

VENV   := .venv
PYTHON := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --quiet --disable-pip-version-check --no-input
PYTEST := $(PYTHON) -m pytest

# Settings of `make run`, taken from its command line only: a HOST or PORT that happens to be in the
# environment must not put a rehearsal on the network.
given = $(if $(filter command,$(origin $(1))),$(2) '$($(1))')
AUDIENCE := 60
NOW      := 2017-04-17T09:20:00+04:00
RUN_FLAGS = --now '$(NOW)' --audience '$(AUDIENCE)' \
  $(call given,HOST,--host) $(call given,PORT,--port) $(call given,DATA,--data) $(call given,SCHEDULE,--schedule)

##@ Everyday

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo; echo "  make run HOST=0.0.0.0 PORT=8000 DATA=folder AUDIENCE=60   (all optional; DATA keeps what happens)"

.PHONY: run
run: $(VENV)/run-ready ## Rehearse the first expo day at http://127.0.0.1:8000 with a synthetic audience
	exec $(PYTHON) run.py serve $(RUN_FLAGS)

.PHONY: test
test: $(VENV)/ready $(VENV)/browser-ready $(VENV)/services-ready $(VENV)/provider-ready ## Everything, four groups at a time: rules, real servers, faults, browser
	$(PYTHON) tools/run_tests.py

.PHONY: check
check: check-format check-lint check-types check-imports check-messages check-floor-plan ## Format, lint, types, imports, catalogues, floor plan

.PHONY: bench
bench: $(VENV)/ready ## Measure; writes docs/BENCHMARKS.md
	$(PYTHON) -m bench

##@ Narrower

.PHONY: test-unit
test-unit: $(VENV)/ready ## Only the rules: unit and property tests
	$(PYTEST) tests/unit tests/property

.PHONY: test-browser
test-browser: $(VENV)/ready $(VENV)/browser-ready $(VENV)/provider-ready ## Only the browser (its own process: Playwright brings a loop of its own)
	$(PYTEST) tests/browser

.PHONY: test-fleet
test-fleet: $(VENV)/ready $(VENV)/browser-ready $(VENV)/services-ready ## Only several nodes: nginx in front, kills, restarts, NATS; and the whole browser suite on two of them
	$(PYTEST) tests/fleet
	$(PYTEST) tests/browser --fleet

.PHONY: test-postgresql
test-postgresql: $(VENV)/ready $(VENV)/services-ready ## Every house of the tests on PostgreSQL instead of SQLite
	$(PYTEST) tests/contract tests/integration tests/faults --database postgresql

.PHONY: nightly
nightly: $(VENV)/ready $(VENV)/browser-ready $(VENV)/services-ready $(VENV)/provider-ready ## The long and wide runs that `make test` leaves out
	$(PYTHON) tools/run_tests.py --coverage
	PYTHONASYNCIODEBUG=1 $(PYTEST) tests --ignore=tests/browser -m nightly --timeout=7200
	$(PYTEST) tests/contract tests/integration tests/faults --database postgresql
	$(PYTEST) tests/browser -m "nightly or not nightly" --timeout=7200
	$(PYTEST) tests/browser --fleet --timeout=7200

.PHONY: format
format: $(VENV)/ready ## Format and repair what can be repaired
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

.PHONY: check-format check-lint check-types check-imports check-messages check-floor-plan
check-format: $(VENV)/ready
	$(VENV)/bin/ruff format --check .
check-lint: $(VENV)/ready
	$(VENV)/bin/ruff check .
check-types: $(VENV)/ready
	$(VENV)/bin/mypy
check-imports: $(VENV)/ready
	$(VENV)/bin/lint-imports
check-messages: $(VENV)/ready
	$(PYTHON) tools/messages.py check
check-floor-plan: $(VENV)/ready
	$(PYTEST) --quiet tests/unit/test_floor_plan.py tests/unit/test_floor_plan_front.py tests/unit/test_documents.py

##@ House-keeping

.PHONY: messages
messages: $(VENV)/ready ## Gather what people read into locale/; then word it in Arabic there
	$(PYTHON) tools/messages.py extract
	$(PYTHON) tools/messages.py update
	$(PYTHON) tools/messages.py check

# One lock for every platform; the files name no index, so mirrors and offline folders serve as well.
COMPILE = pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url --no-emit-find-links
.PHONY: lock
lock: UV = $(or $(shell command -v uv),$(VENV)/uv/bin/uv)
lock: $(if $(shell command -v uv),,$(VENV)/uv/bin/uv) ## Pin every dependency again, with hashes (add UPGRADE=1 to take newer ones)
	$(UV) $(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/run.txt
	$(UV) $(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --output-file requirements/dev.txt

.PHONY: clean
clean: ## Remove what the tools leave behind (not .venv, not your data)
	rm -rf .coverage .coverage.* htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .grimp_cache test-results
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Set-up, once: each stamp is as old as the last time its file was followed.

$(PYTHON):
	@bash tools/setup.sh venv $(VENV)

$(VENV)/run-ready: requirements/run.txt expo/wire/burst.c | $(PYTHON)
	@echo "Installing what the server needs (once)."
	@$(PIP) install --require-hashes --requirement $<
	@$(PYTHON) -m tools.burst
	@touch $@

$(VENV)/ready: requirements/dev.txt expo/wire/burst.c | $(PYTHON)
	@echo "Installing what development needs (once)."
	@$(PIP) install --require-hashes --requirement $<
	@$(PYTHON) -m tools.burst
	@touch $(VENV)/run-ready $@

$(VENV)/browser-ready: | $(PYTHON)
	@bash tools/setup.sh browser
	@touch $@

$(VENV)/services-ready: tools/setup.sh | $(PYTHON)
	@bash tools/setup.sh services
	@touch $@

$(VENV)/provider-ready: tests/support/provider/package-lock.json tools/setup.sh | $(PYTHON)
	@bash tools/setup.sh provider
	@touch $@

$(VENV)/uv/bin/uv: | $(PYTHON)
	@$(PYTHON) -m venv $(VENV)/uv
	@$(VENV)/uv/bin/pip --quiet install uv
