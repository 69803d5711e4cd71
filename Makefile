# make app     install what the app needs, then serve it on http://localhost:8501; DATA=FOLDER opens your own audio, MODELS=FOLDER your own systems, REVIEW=OUT what jss detect found
# make check   install what the tests need, then lint, type-check and run the fast tests: before every commit
# make test    the same with every test, the slow and the browser ones too
# make bench-app    what a person waits for in the app, beside its budget (needs Chromium)
# make bench-gpu    inference and training on your GPU, in less than five minutes (small sizes on a CPU without one)
# make pictures    take the README's pictures again (needs Chromium)
# make fuzz    put every bad file before every way in
# make audit    known holes in what is installed
# make soak    users, kills and bad files at once, for MINUTES=30; ends with a summary
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PORT ?= 8501

.PHONY: app check test lint bench-app bench-gpu fuzz audit soak pictures clean

app: $(VENV)/installed
	$(BIN)/python -m pages $(if $(DATA),--data "$(DATA)") $(if $(MODELS),--models "$(MODELS)") $(if $(REVIEW),--review "$(REVIEW)") --server.port $(PORT)

check: $(VENV)/installed-dev lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --dist loadfile

# A file's tests stay together: they share a server and a browser. One thread each: more would wait for one another.
# Files run in the order of tests/conftest.py, which spreads the long ones.
test: $(VENV)/installed-dev lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# The whole fuzz corpus, every file through every door: an hour on a busy machine, minutes on an idle one.
fuzz: $(VENV)/installed-dev
	$(BIN)/python tests/fuzz/run.py

audit: $(VENV)/installed
	$(BIN)/python tests/audit.py

soak: $(VENV)/installed-dev
	$(BIN)/python tests/soak/run.py $(or $(MINUTES),30)

# Measures the app's budgets in a real browser (needs Chromium), as a table.
bench-app: $(VENV)/installed-dev
	$(BIN)/python tests/browser/bench_app.py

# Rows for docs/benchmarks.md; without a GPU, the same ones small, which only shows that it runs.
bench-gpu: $(VENV)/installed-dev
	$(BIN)/python -m jss bench gpu

pictures: $(VENV)/installed-dev
	$(BIN)/python tests/take_pictures.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

# Only wheels: no compiler.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "jss needs Python 3.11 or newer; name one: make app PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.3" "setuptools>=78.1.1,<82"
	$(BIN)/python -m pip install --quiet --editable '.[app]'
	@touch $@

# pesq (which asteroid brings) and sed_scores_eval are built from source.
$(VENV)/installed-dev: requirements-dev.txt requirements.txt $(VENV)/installed
	@command -v cc >/dev/null || { echo "The tests need a C compiler, cc, which the app does not: \
	apt-get install build-essential python3-dev, or on macOS xcode-select --install"; exit 1; }
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
