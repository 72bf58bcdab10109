# make demo       install into .venv and answer the first problem
# make test       lint, types and tests
# make notebooks  execute the notebooks
# make results    answer every shipped problem again and write the table of theorems
# make pictures   draw the picture of the README again
#
# PYTHON chooses the interpreter (3.11 or newer). uv is used where it is installed, else venv and pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PYTEST_ARGS ?= -q

ifneq ($(UV),)
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
else
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: demo test notebooks results pictures clean

demo: $(VENV)/.installed
	$(BIN)/nsmodels run problems/leggett_l3.toml --out out --picture out/leggett_l3.svg

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PYTEST_ARGS)

notebooks: $(VENV)/.installed-notebooks
	$(BIN)/python -m pytest -q tests/test_notebooks.py

results: $(VENV)/.installed
	$(BIN)/python benchmarks/table_of_theorems.py

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

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[dev,notebooks]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-notebooks: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[notebooks]' 'pytest>=8,<10'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
