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

.PHONY: demo test bench model world lowest newest constraints sbom

demo: $(UV)
	$(UV) run --no-dev syned generate --recipe demo
	$(UV) run --no-dev syned preview runs/demo

EXTRAS = --extra cpu --extra train --extra meteor --extra ray --extra storage --extra safety

test: $(UV)
	$(UV) run $(EXTRAS) ruff check .
	$(UV) run $(EXTRAS) ruff format --check .
	$(UV) run $(EXTRAS) mypy
	$(UV) run $(EXTRAS) lint-imports --no-logo --no-cache
	$(UV) run $(EXTRAS) pytest

# The quick tests with the lowest versions that pyproject.toml allows, and with the newest, each in a
# virtual environment of its own. Without `cpu`, whose vLLM and torch are one version each.
TRIED = train,meteor,ray,storage,safety
lowest: WHICH = lowest-direct
newest: WHICH = highest

lowest newest: $(UV)
	$(UV) venv --quiet --allow-existing .venv-$@
	$(UV) pip install --quiet --upgrade --python .venv-$@ --resolution $(WHICH) --group dev -e '.[$(TRIED)]'
	.venv-$@/bin/python -m pytest -m 'not slow and not browser and not long'

# The versions that syned is developed with, for pip: pip install -c constraints.txt -e '.[train]'. From PyPI
# alone, whatever wheels this machine has. Without `gpu`, which excludes `cpu`.
constraints: $(UV)
	rm -rf .constraints && mkdir .constraints && cp -r pyproject.toml README.md .constraints
	env -u UV_FIND_LINKS $(UV) lock --quiet --project .constraints
	{ echo '# The versions that syned is developed with; `make constraints` writes them.'; \
		env -u UV_FIND_LINKS $(UV) export --quiet --frozen --project .constraints --no-hashes --no-annotate \
		--no-header --no-emit-project $(EXTRAS) --extra wandb --extra trackio --extra 4bit; } > constraints.txt
	rm -r .constraints

# What is installed here, with licences, as CycloneDX 1.6; checked against its schema as it is written.
sbom: $(UV)
	mkdir -p dist
	$(UV) tool run --from cyclonedx-bom cyclonedx-py environment --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --spec-version 1.6 --output-file dist/sbom.json .venv

# The small captioner in trainer/small, from nothing: two to three hours on two cores. Each line goes on where
# it was interrupted.
BASE = $(UV) run --extra train syned generate --recipe demo --set image.resolution=192

model: $(UV)
	$(BASE) --n 110000 --out runs/base-simple --set seed=61 \
		--set 'sample.sources=[{kind: scenes, simple: true, max_objects: 3}]' \
		--set 'instruct.writer.tasks={add: 3, remove: 3, local: 3, background: 1, color: 3, none: 1}' \
		--set 'export.splits={train: 0.98, validation: 0.01, test: 0.01}'
	$(UV) run python -m trainer.crops runs/base-photos
	$(BASE) --n 20000 --out runs/base-demo --set seed=51 \
		--set 'sample.sources=[{kind: folder, path: runs/base-photos/train, into: train, weight: 0.9}, {kind: folder, path: runs/base-photos/test, into: test, weight: 0.03}, {kind: scenes, simple: true, max_objects: 4, weight: 1.1}]' \
		--set 'export.splits={train: 0.94, validation: 0.03, test: 0.03}'
	$(UV) run --extra train syned train --recipe scratch --out trainings/base \
		--data scenes=runs/base-simple --data syned=runs/base-demo
	$(UV) run --extra train python -m trainer.ship trainings/base

# The editor and the CLIP of the recipe `world`, in pipelines/world/weights; what is done is not done
# again. Its trainings took nine, 66, 51 and seven minutes, each on one core beside another process.
world: $(UV)
	$(UV) run --extra cpu --extra train python -m pipelines.world.make runs/world-models

bench: $(UV)
	$(UV) run --no-dev python tests/benchmarks/help.py
	$(UV) run --no-dev python tests/benchmarks/throughput.py
	$(UV) run --no-dev python tests/benchmarks/memory.py

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet uv
