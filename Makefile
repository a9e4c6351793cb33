# One command for each thing people do with Inlay. A machine needs Python 3.11 and make; `make` alone prints this list.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FAKE_MODEL := $(VENV)/fake-model
FAKE_MODEL_PACKAGE := @copilotkit/aimock@1.43.0
AXE_PACKAGE := axe-core@4.14.1
# Google's types for Apps Script and Adobe's for its panels, and what holds our scripts against them.
TYPES_PACKAGES := typescript@5.9.3 @types/google-apps-script@2.0.13 @adobe/ccweb-add-on-sdk-types@1.40.0 \
	@types/photoshop@25.0.4 @adobe/cc-ext-uxp-types@7.3.1
# Adobe's own tools: they check the manifest of the Express panel and pack it, offline.
ADOBE_PACKAGES := @adobe/ccweb-add-on-manifest@3.10.0 @adobe/ccweb-add-on-scripts@3.9.0
AXE := INLAY_TEST_AXE=$(FAKE_MODEL)/node_modules/axe-core/axe.min.js

.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench scale screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## Start the hub with samples and run three requests on them; needs no key and no account
	@$(BIN)/inlay demo

# More than the cores of a small machine: tests wait for servers and browsers half of their time.
# Scopes go to workers in the order of tests/conftest.py, the longest first.
# Compiled modules are kept, also where the machine says not to: hundreds of processes would compile them anew.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) $(FAKE_MODEL)/.ready ## Run the tests
ifdef ARGS
	@$(AXE) $(BIN)/python -m pytest $(ARGS)
else
	@$(AXE) $(BIN)/python -m pytest --numprocesses 4 --dist loadscope --no-loadscope-reorder
endif

check: lint test ## Everything a change must pass: style, imports, types, tests

lint: $(READY) ## Style, import order and types, without the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pyright --pythonpath $(BIN)/python

bench: $(READY) $(FAKE_MODEL)/.ready ## Measure latency, throughput and the cost of each stage
	@$(BIN)/inlay bench

scale: $(READY) $(FAKE_MODEL)/.ready ## Kill and freeze workers under load and count what was lost; takes minutes
	@INLAY_TEST_STORM=full $(BIN)/python -m pytest tests/scale $(ARGS)

screenshots: $(READY) ## Take the README's pictures of the demo; needs Chromium
	@$(BIN)/python -m tests.browser.screenshots

clean: ## Remove the environment, caches and the demo's data
	rm -rf $(VENV) .inlay .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist

# Installed again only when a dependency changes: the stamp is newer than both files until then.
$(READY): pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Inlay needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (a few minutes the first time) ..."
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The fake model server the tests ask instead of a real model, the rules pages are checked against, and what holds the
# scripts of add-ons and panels against their makers' types and rules. Without Node those tests are skipped, and say so.
$(FAKE_MODEL)/.ready: Makefile | $(READY)
	@mkdir -p $(FAKE_MODEL)
	@if command -v npm >/dev/null 2>&1; then \
		npm install --silent --no-package-lock --prefix $(FAKE_MODEL) $(FAKE_MODEL_PACKAGE) $(AXE_PACKAGE) $(TYPES_PACKAGES) $(ADOBE_PACKAGES) && touch $@; \
	else \
		echo "Node is not installed: tests that need the fake model server will be skipped."; \
	fi
