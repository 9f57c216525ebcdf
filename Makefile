# Two commands do everything: make run, make test. `make` lists the others.

PORT ?= 8000
HOST ?= 127.0.0.1
# One more than there are processors: a test waits for a browser, a server or a process of its own.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
PY := .venv/bin/python
# Files that their own installation writes last: gone with their folder, older than what they are made from.
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
# Settings of a command that keeps nothing.
SCRATCH = MPTF_ENV=test MPTF_DATA=build/scratch SECRET_KEY=$$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
CHECKS := check-types check-style check-imports check-templates check-migrations check-diagrams
ASSETS := static/vendor/icons.svg

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help pictures run backup restore test coverage audit check format environment chromium pins bench clean $(CHECKS)
MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),-j2)
# Compiled modules are kept: a start takes one second instead of three.
unexport PYTHONDONTWRITEBYTECODE

help: ## List these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: $(RUNTIME) $(ASSETS) ## Serve the demonstration fund: make run PORT=8080
	@PORT=$(PORT) HOST=$(HOST) exec $(PY) -m tools.run

backup: $(RUNTIME) ## Write the demonstration fund into a new folder: make backup TO=/somewhere/else
	@test -n "$(TO)" || { echo "Say where: make backup TO=/somewhere/else"; exit 2; }
	@$(PY) -m tools.run backup "$(abspath $(TO))"

restore: $(RUNTIME) ## Read a backup into an empty installation: make restore FROM=/somewhere/else MPTF_DATA=/new/folder
	@test -n "$(FROM)" || { echo "Say what: make restore FROM=/somewhere/else"; exit 2; }
	@$(PY) -m tools.run restore "$(abspath $(FROM))"

test: environment chromium ## Run the tests on both engines, with a browser: make test ARGS="-k ledger"
	@$(PY) -m pytest -n $(WORKERS) --maxprocesses 8 $(ARGS)

check: environment ## Check style, types, import rules, templates, migrations and diagrams
	@$(MAKE) --no-print-directory --keep-going --output-sync $(CHECKS)

check-style:
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check

check-types:
	@$(PY) -m mypy

check-imports:
	@.venv/bin/lint-imports

check-templates:
	@.venv/bin/djlint templates --lint --quiet

check-migrations:
	@$(SCRATCH) $(PY) -m flask --app wsgi check migrations

check-diagrams:
	@$(SCRATCH) $(PY) -m flask --app wsgi check diagrams

format: environment ## Put the code in order
	@$(PY) -m ruff check --fix
	@$(PY) -m ruff format

coverage: environment chromium ## Run the tests and show which lines none of them reached
	@$(PY) -m pytest -n $(WORKERS) --maxprocesses 8 --cov --cov-report=term $(ARGS)

pictures: environment chromium ## Keep a picture of every page as each role sees it, in build/pictures
	@MPTF_PICTURES=1 $(PY) -m pytest -n $(WORKERS) -m browser $(ARGS)

audit: environment ## Ask the package index for known faults of the pinned packages (needs a network; no part of check)
	@$(PY) -m pip_audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt

bench: environment ## Measure speed and size: one JSON line each
	@$(PY) -m bench $(ARGS)

environment: $(DEVELOPMENT) $(ASSETS) ## Install everything for development

pins: ## Pin anew what requirements*.in and package.json ask for (needs uv)
	@for name in requirements requirements-dev tools/requirements-uv tools/requirements-npm; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $$name.in -o $$name.txt || exit; \
	done
	@$(PY) -m tools.npm install --package-lock-only

clean: ## Remove everything that is made; the data in instance/ stays
	@rm -rf .venv node_modules static/vendor build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@rm -rf .import_linter_cache .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@tools/install.sh

$(RUNTIME): requirements.txt tools/install.sh | $(PY)
	@echo "Installing the Python packages"
	@tools/install.sh requirements.txt
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.txt
	@echo "Installing the Python packages for development"
	@tools/install.sh requirements-dev.txt
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json tools/npm.py | $(PY)
	@echo "Installing the front-end packages"
	@$(PY) -m tools.npm ci --loglevel=error
	@touch $@

$(ASSETS): node_modules/.package-lock.json tools/assets.py tools/icons.txt | $(PY)
	@$(PY) -m tools.assets

# Debian's own browser; elsewhere the tests say what is missing.
chromium:
	@tools/chromium.sh
