# The environment is made once, and again when the requirements change.
# `make book QUICK=1` computes the pages on coarse grids, in a few minutes.
# `make PYTHON=python3.12 test` makes the environment with another Python, if there is none yet.
PYTHON ?= python3
BIN := .venv/bin
# What is installed: the pins, or by "-r requirements.in -e .[book,cluster,test]" the newest versions.
REQUIREMENTS ?= -r requirements.txt

.PHONY: book check test test-slow test-site bench bench-quick pins clean

book: .venv/installed
	@$(BIN)/python tools/build_book.py

# What takes seconds: style, docstrings, spelling. pre-commit and the workflow run it as well.
check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/deno fmt --check chirplib/hear/*.js chirplib/hear/*.css book/_static/*.css book/_static/*.js deno.json
	$(BIN)/python -m numpydoc lint $$(find chirplib -name '*.py')
	$(BIN)/codespell

test: .venv/installed
	$(BIN)/python -m pytest -m "not slow"

test-slow: .venv/installed
	$(BIN)/python -m pytest -m slow

# Looks at the site that `make book` has built, in a headless Chromium.
test-site: .venv/installed
	$(BIN)/python -m pytest tests/site

bench bench-quick: .venv/installed .venv-bench/installed
	$(BIN)/python benchmarks/run.py $(if $(findstring quick,$@),--quick)

# Pins what requirements.in and pyproject.toml ask for and has no pin yet. Others stay, but for
# `make pins UPGRADE=--upgrade`. Left out: the CUDA libraries, which torch itself pins on Linux.
pins: .venv/installed
	CUSTOM_COMPILE_COMMAND="make pins" $(BIN)/pip-compile --quiet --strip-extras $(UPGRADE) \
	    --no-emit-options --no-emit-index-url --annotation-style=line \
	    --extra book --extra cluster --extra test -o requirements.txt pyproject.toml requirements.in
	sed -i.bak -E -e 's/^(torch==[0-9.]+)\+cpu/\1    /' -e '/^(nvidia|cuda|triton)/d' requirements.txt
	@rm requirements.txt.bak

clean:
	rm -rf _build

.venv/installed: requirements.txt requirements-recordings.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@if [ "$$(uname)" = Linux ] && [ -z "$$PIP_EXTRA_INDEX_URL" ] && ! [ -e /proc/driver/nvidia ] \
	    && ! command -v nvidia-smi > /dev/null; then \
	    echo "No GPU found. To leave out gigabytes of CUDA libraries, stop this and run first:"; \
	    echo "    export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu"; \
	fi
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check $(REQUIREMENTS)
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -r requirements-recordings.txt -e .
	@touch $@

# The peers of the benchmark stay out of the environment of the project.
.venv-bench/installed: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --disable-pip-version-check -r $<
	@touch $@
