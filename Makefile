# The environment is made once, and again when the requirements change.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: book test bench clean

book: .venv/installed
	@$(BIN)/python tools/build_book.py

test: .venv/installed
	$(BIN)/python -m pytest

bench: .venv/installed
	$(BIN)/python benchmarks/jtfs.py

clean:
	rm -rf _build

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .
	@touch $@
