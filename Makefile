# Two commands set up everything: `make demo` and `make test`.
# uv is taken from the PATH, or installed into .uv by the Python at hand.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

# Wheels on this machine's disk, if pip is set up to look for some.
FIND_LINKS := $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null)
ifneq ($(wildcard $(FIND_LINKS)),)
export UV_FIND_LINKS ?= $(FIND_LINKS)
endif

# Imports are quicker the second time, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test bench

demo: $(UV)
	$(UV) run --no-dev syned generate --recipe demo
	$(UV) run --no-dev syned preview runs/demo

test: $(UV)
	$(UV) run --extra cpu --extra train --extra meteor ruff check .
	$(UV) run --extra cpu --extra train --extra meteor ruff format --check .
	$(UV) run --extra cpu --extra train --extra meteor mypy
	$(UV) run --extra cpu --extra train --extra meteor lint-imports --no-logo --no-cache
	$(UV) run --extra cpu --extra train --extra meteor pytest

bench: $(UV)
	$(UV) run --no-dev python tests/benchmarks/help.py
	$(UV) run --no-dev python tests/benchmarks/throughput.py
	$(UV) run --no-dev python tests/benchmarks/memory.py

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv
