# The environment is made once, and again when the requirements change.
# `make book QUICK=1` computes the pages on coarse grids, in a few minutes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: book test test-site bench bench-quick clean

book: .venv/installed
	@$(BIN)/python tools/build_book.py

test: .venv/installed
	$(BIN)/python -m pytest

# Looks at the site that `make book` has built, in a headless Chromium.
test-site: .venv/installed
	$(BIN)/python -m pytest tests/site

bench bench-quick: .venv/installed .venv-bench/installed
	$(BIN)/python benchmarks/run.py $(if $(findstring quick,$@),--quick)

clean:
	rm -rf _build

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .
	@touch $@

# The peers of the benchmark stay out of the environment of the project.
.venv-bench/installed: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --disable-pip-version-check -r $<
	@touch $@
