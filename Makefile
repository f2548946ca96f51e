# make demo   a check of the bundled clip, end to end, on this machine
# make test   lint, types, layering, tests
# Both make their own environment in .venv and need Python 3.11 to 3.13 with venv, and git.

PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3 python; do \
  $$each -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
  >/dev/null 2>&1 && { echo $$each; break; }; done)
BIN = .venv/bin
TYPED = protos/kizashi_protocol models agent server tests

.PHONY: demo test lint types pytest prove fuzz reference bench agreement picture screens protos clean

demo: .venv/product
	$(BIN)/kizashi demo

test: lint types pytest

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/dev
	$(BIN)/mypy $(TYPED)

pytest: .venv/dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not proof" --ignore tests/reference

# What left the laptop, shown under a system-call trace (needs strace), an hour of video, 100,000
# malformed inputs.
prove: .venv/dev
	$(BIN)/python -m pytest -s -m proof tests/prove
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m proof tests/agent tests/fuzz tests/server tests/study

# make fuzz INPUTS=1000000 SEED=7
fuzz: .venv/dev
	$(BIN)/python -m tests.fuzz $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SEED),--seed $(SEED))

# Our landmarks against the mediapipe package, in an environment of its own.
reference: .venv/dev
	PYTHON=$(PYTHON) tests/reference/prepare.sh
	$(BIN)/python -m pytest -s tests/reference

bench: .venv/dev
	PYTHON=$(PYTHON) tests/reference/prepare.sh
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.page

# make agreement PREDICTED=folder REFERENCE=folder [MANIFEST=file], folders of tables of action units
agreement: .venv/product
	@test -n "$(PREDICTED)" && test -n "$(REFERENCE)" || { echo "Name two folders of tables: \
	make agreement PREDICTED=folder REFERENCE=folder"; exit 2; }
	@$(BIN)/python models/training/compare.py "$(PREDICTED)" "$(REFERENCE)" \
	$(if $(MANIFEST),--manifest "$(MANIFEST)")

# The README's picture, and every screen of the page (needs chromium): make screens FOLDER=folder
picture: .venv/dev
	$(BIN)/python -m tests.picture agent/measured.png

screens: .venv/dev
	$(BIN)/python -m tests.screens $(or $(FOLDER),build/screens)

protos: .venv/dev
	protos/generate $(CURDIR)/$(BIN)/python

.venv/dev: pyproject.toml | .venv/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/product $@

.venv/product: pyproject.toml | .venv/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[agent,server]'
	@touch $@

.venv/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.13 with venv is needed. On Debian or Ubuntu: \
	apt install python3 python3-venv make git"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

clean:
	rm -rf .venv .venv-reference build dist
