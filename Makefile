# make demo         install into .venv and answer the first problem
# make test         lint, types and tests
# make test-lowest  the tests with the lowest versions that pyproject.toml allows, in an environment of their own
# make notebooks    execute the notebooks
# make results      answer every shipped problem again and write the table of theorems
# make docs         build the site in docs/_build/html: warnings are errors, links inside it are checked
# make verify-page  pack Python and the checker for docs/verify.html (npm fetches Pyodide, once)
# make pictures     draw the picture of the README again
#
# PYTHON chooses the interpreter (3.11 or newer), LOWEST_PYTHON that of test-lowest (3.11 itself). uv is used where it is
# installed, else venv and pip. PYTEST_ARGS go to pytest; the tests run on all cores.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PYTEST_ARGS ?= -q -n auto
LOWEST := .venv-lowest
LOWEST_PYTHON ?= $(or $(shell $(PYTHON) -c 'import sys; print(sys.executable * (sys.version_info[:2] == (3, 11)))'),python3.11)

ifneq ($(UV),)
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: demo test test-lowest notebooks results docs verify-page pictures clean

demo: $(VENV)/.installed
	$(BIN)/nsmodels run problems/leggett_l3.toml --out out --picture out/leggett_l3.svg

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Kernels that other versions compiled are kept apart.
test-lowest: $(LOWEST)/.installed
	NUMBA_CACHE_DIR=$(CURDIR)/$(LOWEST)/numba $(LOWEST)/bin/python -m pytest $(PYTEST_ARGS)

$(LOWEST)/.installed: pyproject.toml .ci/lowest.py
	$(LOWEST_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Python 3.11 is needed: make test-lowest LOWEST_PYTHON=…"; exit 1; }
	$(LOWEST_PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST_PYTHON) .ci/lowest.py > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint $(LOWEST)/constraints.txt --editable '.[test,notebooks]'
	@touch $@

notebooks: $(VENV)/.installed-notebooks
	$(BIN)/python -m pytest -q tests/test_notebooks.py

results: $(VENV)/.installed
	$(BIN)/python benchmarks/table_of_theorems.py

docs: $(VENV)/.installed-docs
	-$(BIN)/python docs/verify_page.py
	$(BIN)/python -m sphinx -b html -q -W --keep-going docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

verify-page: $(BIN)/python
	$(BIN)/python docs/verify_page.py

pictures: $(VENV)/.installed
	$(BIN)/python docs/pictures.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
ifneq ($(UV),)
	$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# What is imported is compiled by then; to compile all that is installed takes pip a third of the time.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(INSTALL) $(if $(UV),,--no-compile) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[dev,notebooks,docs]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-notebooks: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[test,notebooks]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[docs]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf docs/_build docs/_generated docs/verify_bundle.js $(VENV) $(LOWEST) .pytest_cache .mypy_cache .ruff_cache
