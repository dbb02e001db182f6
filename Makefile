# All set-up is here: a machine with Python 3.11 or newer and its pip can say `make demo` or `make test`.

# The first Python that is new enough and can make a virtual environment.
SUITABLE := import sys; from importlib.util import find_spec as has; \
	sys.exit(sys.version_info < (3, 11) or not (has("ensurepip") or has("pip")))
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	if $$python -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

HOST ?= 127.0.0.1
PORT ?= 5000
# Four processes, since much of it waits for browsers and servers. Who has nothing left to do takes tests from another.
WORKERS ?= 4
TESTS ?=
ONLY ?=
ROWS ?=

# What was compiled is kept, whatever the machine says: every process of the tests imports it.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test versions bench lint types clean

demo: .venv/.ready
	@echo "The demo: http://$(HOST):$(PORT)/ (Ctrl+C ends it)"
	@.venv/bin/python -m flask --app demo run --host $(HOST) --port $(PORT)

test: .venv/.ready
	@.venv/bin/python tests/machine.py browser postgres redis
	.venv/bin/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal $(TESTS)

# Our lowest versions, and each newer Python that is here: make versions ONLY=lowest, ONLY=3.13.
versions: .venv/.ready
	@.venv/bin/python tests/machine.py browser postgres redis
	@ONLY=$(ONLY) WORKERS=$(WORKERS) .venv/bin/python tests/versions.py $(TESTS)

# All rows, kept in benchmarks/README.md; or some, shown only: make bench ROWS="json-valid htmx".
bench: .venv-bench/.ready .venv-bench/astro/dist/server/entry.mjs
	@.venv-bench/bin/python -m benchmarks $(ROWS)

lint: .venv/.ready
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check

types: .venv/.ready
	.venv/bin/python -m mypy
	.venv/bin/python -m pyright
	PATH="$(CURDIR)/.venv/bin:$$PATH" pyright --verifytypes flask_actions --ignoreexternal

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Needed: Python 3.11 or newer, with pip (or say PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) tests/machine.py venv

# The distribution's own Python, where it is new enough: compiled by profile, as Pythons of production
# are. One that was compiled without takes a quarter more time, ours and everybody's.
MEASURED := import sys, ssl, venv; sys.exit(sys.version_info < (3, 11))
BENCH_PYTHON ?= $(shell /usr/bin/python3 -c '$(MEASURED)' >/dev/null 2>&1 && echo /usr/bin/python3 \
	|| echo .venv/bin/python)

# Instructions are counted where valgrind is, requests per second where wrk is; Debian has both.
.venv-bench/.ready: .venv/.ready benchmarks/requirements.txt
	@$(BENCH_PYTHON) -m venv --clear --without-pip .venv-bench
	@.venv/bin/python -m pip --python .venv-bench/bin/python install --quiet \
		--disable-pip-version-check --editable . --requirement benchmarks/requirements.txt
	-@{ command -v valgrind && command -v wrk; } >/dev/null || { test "$$(id -u)" = 0 && \
		apt-get update -qq && apt-get install -qq --no-install-recommends valgrind wrk; }
	@touch $@

# Astro's own server, and devalue's own package; their rows are left out where npm cannot bring them.
.venv-bench/astro/dist/server/entry.mjs: .venv-bench/.ready $(shell find benchmarks/astro -type f)
	-@.venv-bench/bin/python -m benchmarks.node

clean:
	rm -rf .venv .venv-* build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/browser/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
