# All set-up is here: a machine with Python 3.11 or newer and its pip can say `make demo` or `make test`.

# The first Python that is new enough and can make a virtual environment.
SUITABLE := import sys; from importlib.util import find_spec as has; \
	sys.exit(sys.version_info < (3, 11) or not (has("ensurepip") or has("pip")))
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	if $$python -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

HOST ?= 127.0.0.1
PORT ?= 5000
# One process per core, four at most; the browser tests come first, since they take longest.
WORKERS ?= auto
TESTS ?=

.PHONY: demo test lint types clean

demo: .venv/.ready
	@echo "The demo: http://$(HOST):$(PORT)/ (Ctrl+C ends it)"
	@.venv/bin/python -m flask --app demo run --host $(HOST) --port $(PORT)

test: .venv/.ready
	@.venv/bin/python tests/machine.py browser postgres
	.venv/bin/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(TESTS)

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

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/browser/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
