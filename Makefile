# Every target sets up .venv by itself on a fresh machine; nothing here needs root or a system package.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.10 python3,$(shell command -v $(name) 2>/dev/null)))
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -gt 4 ] && echo 4 || echo $$n)

.PHONY: help demo test test-slow check bench docs clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.10 or newer is needed; none was found. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$(PYTHON) is older than Python 3.10. Name a newer one: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (once; a few minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## a synthetic video, and a project around it up to the network to train
	@$(BIN)/dlc demo

test: $(READY)  ## the tests
	@$(BIN)/python -m pytest -q -n $(JOBS)

test-slow: $(READY)  ## the slower tests
	@$(BIN)/python -m pytest -q -m slow

check: $(READY)  ## linters, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)  ## every benchmark: our figure, the physical floor, their ratio
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(READY)  ## the manual as web pages, in site/
	@$(BIN)/zensical build --clean

clean:  ## remove the environment and what was built
	rm -rf $(VENV) site build dist demo-output
