# Needs Python 3.11 or newer, git and make; everything else goes into .venv. Another Python: make PYTHON=python3.12 ...

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
INSTALL := $(PIP) install --no-compile --no-build-isolation
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format bench lock install install-dev install-server install-browser clean

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

run: install  ## replay the bundled scenarios, for all three models and all roles
	@$(BIN)/harness run model=careful,hasty,stubborn role=chat,coder,files,research --format text --format html

test: install-dev  ## run all tests, several at a time
	@$(BIN)/pytest -n auto --maxprocesses 4

lint: install-dev  ## check format, style and types, change nothing
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

format: install-dev  ## format the code and mend what can be mended
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: install-dev  ## measure how fast scenarios replay
	@$(BIN)/python tests/bench.py

lock: .venv/made  ## write the locks anew where pyproject.toml asks for it (all newer: remove them first)
	@$(PIP) install uv
	@$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.lock
	@$(COMPILE) pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock
	@printf 'editables\nhatchling\nsetuptools\n' | $(COMPILE) - --constraint requirements-dev.lock --output-file requirements-build.lock

install: .venv/installed  ## make .venv with the package and what it needs
install-dev: .venv/installed-dev  ## the same, with the tools for tests and lint

install-server:  ## install the YAML language server that a test talks to, where there is npm
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/server --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else \
		echo "there is no npm, so that tests/test_language_server.py will be skipped"; \
	fi

install-browser:  ## install the browser that the tests of the page drive, where apt-get and the right to use it are
	@if [ -x /usr/bin/chromium ]; then \
		:; \
	elif ! command -v apt-get >/dev/null; then \
		echo "there is neither Chromium nor apt-get, so that tests/test_browser.py will be skipped"; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then \
		sudo apt-get update -qq && sudo apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	else \
		echo "there is no Chromium, and no right to install it, so that tests/test_browser.py will be skipped"; \
	fi

clean:  ## remove .venv, caches and builds
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist tests/server/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@version=$$($(PYTHON) -V 2>&1) || version="not found"; \
	if $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "making .venv with $$version (once)"; \
	else \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is $$version. Name another: make PYTHON=python3.12 ..." >&2; \
		exit 1; \
	fi
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/installed: .venv/made requirements-build.lock requirements.lock pyproject.toml
	@echo "installing the package and what it needs (once)"
	@$(INSTALL) --require-hashes -r requirements-build.lock
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "installing the tools for tests and lint (once)"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
