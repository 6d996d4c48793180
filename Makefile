.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Without --quiet: the first time it loads about 100 packages, for minutes, and shows which.
INSTALL := $(BIN)/python -m pip install --constraint constraints.txt --editable
# Set up once; again when the project's dependencies change. The demo needs no developer's tools.
STAMP := .venv/.installed
TOOLS := .venv/.installed-dev

$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up .venv with the package and what it needs; a few minutes the first time."
	$(PYTHON) -m venv .venv
	@# Before 26 pip did not find lxml's extra html_clean, and warned of it.
	$(BIN)/python -m pip install --upgrade 'pip>=26'
	$(INSTALL) .
	touch $@

$(TOOLS): $(STAMP)
	$(INSTALL) '.[dev]'
	touch $@

# Inspect has an environment of its own: it wants older versions of what llama-index needs.
INSPECT := .venv/inspect/.installed
$(INSPECT): $(STAMP)
	$(PYTHON) -m venv .venv/inspect
	.venv/inspect/bin/python -m pip install --quiet 'inspect-ai>=0.3.285,<0.4' pandas pyarrow
	touch $@

.PHONY: help setup demo test test-live test-browser check format lint types records clean
help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(TOOLS) ## Create .venv with the package and its tools

demo: $(STAMP) ## Digest a sample article with the embedded model
	@echo "Digesting seeds/border-talks.txt; the model's weights are fetched the first time."
	$(BIN)/summarizer summarize seeds/border-talks.txt

test: $(TOOLS) ## Run the tests (offline)
	$(BIN)/python -m pytest -n auto

test-live: $(TOOLS) $(INSPECT) ## Run the tests that need the embedded model, a server or Inspect
	@# Two at a time, of which one runs the embedded model: most of the others wait for processes.
	$(BIN)/python -m pytest -m live -n 2 --dist loadgroup

test-browser: $(TOOLS) ## Run the tests in a real browser (Chromium; they skip where there is none)
	$(BIN)/python -m pytest -m browser

check: format lint types test ## Format, lint, types, tests

format: $(TOOLS)
	$(BIN)/ruff format --check .

lint: $(TOOLS)
	$(BIN)/ruff check .

types: $(TOOLS)
	$(BIN)/mypy

# The self-test of the metrics and the smoke suite's baseline are of one version of the metrics.
records: $(STAMP) ## Bring evals/selftest.json and the baseline of evals/smoke up to date
	$(BIN)/summarizer eval selftest --save >/dev/null
	rm -rf runs/records && $(BIN)/summarizer eval run smoke --model extractive --out runs/records
	$(BIN)/summarizer eval gate runs/records --update --allow-regression

clean: ## Remove what the build made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
