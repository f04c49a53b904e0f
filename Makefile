# Two commands are all a user needs: `make serve` and `make test`. Each sets up what it needs first, from
# nothing but Python 3.11 or newer (and git, make), and does so again when the versions asked for change.

HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

# The first that runs and is new enough; asked only when the environment is made.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)

# The same versions for what is installed and for what builds it; pip reads the one name or the other.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VERSIONS := pyproject.toml constraints.txt

# What the pages take from npm is made anew when one of these changes; the rest is as it lies in src/.
WEB := hatch_build.py $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

# The measurements of minutes and of hours; a new one goes into either.
SHORT := startup engines derive endpoints comparisons forks pages
LONG := reports commits soak crash writers increments submissions

.PHONY: help serve test check bench bench-long surface clean virtuoso postgresql chromium

help:
	@echo "make serve   serve the data set and its SPARQL endpoint on http://$(HOST):$(PORT) (HOST=, PORT=)"
	@echo "make test    style, types and tests"
	@echo "make check   hold the data against the shapes"
	@echo "make bench   run the measurements under bench/ that take minutes; wants wrk"
	@echo "make bench-long   run those that take an hour"
	@echo "make surface   requests of every kind to every address, for some minutes (EXAMPLES=)"
	@echo "make clean   remove what these commands made"

serve: $(VENV)/ready
	$(BIN)/plangraph serve --host $(HOST) --port $(PORT)

# One more than there are processors, for tests wait for browsers and servers. Files stay in the order that
# tests/conftest.py gives them: xdist would begin with those of the most tests, and end with the longest one.
PROCESSES = $$(($$(getconf _NPROCESSORS_ONLN) + 1))

test: $(VENV)/ready-dev virtuoso postgresql chromium
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

check: $(VENV)/ready
	$(BIN)/plangraph check

bench: $(VENV)/ready-bench
	@set -e; for name in $(SHORT); do echo "== $$name"; $(BIN)/python "bench/$$name.py"; done

bench-long: $(VENV)/ready-bench
	@status=0; for name in $(LONG); do echo "== $$name"; $(BIN)/python "bench/$$name.py" || status=1; done; exit $$status

EXAMPLES ?= 50
surface: $(VENV)/ready-dev
	$(BIN)/python tests/surface.py $(EXAMPLES)

clean:
	rm -rf $(VENV) build dist src/plangraph/pages/built .mypy_cache .ruff_cache .pytest_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/ready: $(VERSIONS) $(WEB) | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/ready-dev: $(VERSIONS) $(WEB) | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/ready

$(VENV)/ready-bench: $(VENV)/ready-dev
	@if ! command -v wrk >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk; \
		else \
			echo "wrk is needed, on Debian or Ubuntu: sudo apt-get install wrk" >&2; exit 1; \
		fi; \
	fi
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,bench]'
	@touch $@

# The server that the tests of external engines stand in front of; without it they are skipped, and say so.
VIRTUOSO := virtuoso-opensource-7-bin
virtuoso:
	@if command -v virtuoso-t >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $(VIRTUOSO); } || \
		echo "Virtuoso could not be installed; the tests against it will be skipped." >&2; \
	else \
		echo "Virtuoso is not installed; the tests against it will be skipped. To run them, install it first," >&2; \
		echo "on Debian or Ubuntu: sudo apt-get install $(VIRTUOSO)" >&2; \
	fi

# The server that the journal is tested on beside SQLite; without it those tests are skipped, and say so.
postgresql:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql; } || \
		echo "PostgreSQL could not be installed; the tests on it will be skipped." >&2; \
	else \
		echo "PostgreSQL is not installed; the tests on it will be skipped. To run them, install it first," >&2; \
		echo "on Debian or Ubuntu: sudo apt-get install postgresql" >&2; \
	fi

# The browser that the pages are tested in; without it those tests are skipped, and say so.
chromium:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } || \
		echo "Chromium could not be installed; the tests in a browser will be skipped." >&2; \
	else \
		echo "Chromium is not installed; the tests in a browser will be skipped. To run them, install it first," >&2; \
		echo "on Debian or Ubuntu: sudo apt-get install chromium" >&2; \
	fi

# Debian and Ubuntu keep what makes environments in a package of its own.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends "$$package"; \
		else \
			echo "This Python cannot make environments. Install its venv package first," >&2; \
			echo "on Debian or Ubuntu: sudo apt-get install $$package" >&2; exit 1; \
		fi; \
	fi
	"$(PYTHON)" -m venv --clear $(VENV)
