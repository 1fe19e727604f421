# Two commands do everything: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= demo

.PHONY: demo test coverage setup setup-test browser lint bench clean help

help:
	@echo "make demo      set up and run the main job on the bundled weights: $(OUT)/"
	@echo "make test      set up, lint, and pass every test"
	@echo "make coverage  the tests, and which lines they reach"
	@echo "make bench     measure speed and memory beside the peers"
	@echo "make clean     remove the environment and what the demo made"

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."'
	$(PYTHON) -m venv $(VENV)

# the stamps hold what was installed: a changed pyproject.toml installs again
$(VENV)/.setup: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -e .
	@touch $@

$(VENV)/.setup-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[test]'
	@touch $(VENV)/.setup $@

setup: $(VENV)/.setup

setup-test: $(VENV)/.setup-test

demo: setup
	$(BIN)/python scripts/demo.py $(OUT)

browser:
	@sh scripts/browser.sh

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test: setup-test browser lint
	$(BIN)/python -m pytest -n auto --dist loadfile

coverage: setup-test browser
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-report=xml

bench: setup
	$(BIN)/circumplex bench

clean:
	rm -rf $(VENV) $(OUT)
