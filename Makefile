# Two commands for a fresh machine:   make chat   and   make test
# Both create a virtual environment (VENV, default .venv), install the pinned requirements once, and run.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(shell cat pyproject.toml constraints.txt 2>/dev/null | cksum | cut -d' ' -f1)-$(shell pwd | cksum | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c constraints.txt

.PHONY: chat test lint types check install install-test clean

chat: $(VENV)/.chat-$(STAMP)
	$(BIN)/python app.py

test: $(VENV)/.test-$(STAMP)
	$(BIN)/python -m pytest

lint: $(VENV)/.test-$(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test-$(STAMP)
	$(BIN)/mypy

check: lint types test

install: $(VENV)/.chat-$(STAMP)
install-test: $(VENV)/.test-$(STAMP)

# torch first and alone: its exact pin keeps the CPU build, and what follows is then satisfied by it.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not ((3,11) <= sys.version_info < (3,14)))' || \
	  { echo "hoidap needs Python 3.11, 3.12 or 3.13; $$($(PYTHON) --version 2>&1) was found. Name another with: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian or Ubuntu add it with: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.chat-$(STAMP): | $(VENV)/bin/python
	@echo "Installing the requirements once (a few minutes) ..."
	$(PIP) torch
	$(PIP) -e .
	@touch $@

$(VENV)/.test-$(STAMP): | $(VENV)/bin/python
	@echo "Installing the requirements once (a few minutes) ..."
	$(PIP) torch
	$(PIP) -e ".[test]"
	@touch $@ $(VENV)/.chat-$(STAMP)

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
