# The throw-away Kubernetes of the tests. The Makefile includes this file.

CLUSTER := $(PYTHON) -m devcluster
# Needs no environment: a fresh clone builds programs while it installs one.
PREPARE := PYTHONPATH=operator/src $(or $(wildcard $(PYTHON)),python3) -m devcluster.preparing

.PHONY: cluster cluster-down kubectl skaffold cluster-programs
cluster: .venv/synced ## a Kubernetes to try things on, published on 127.0.0.1
	@$(CLUSTER) up

cluster-down: .venv/synced ## remove it and all that it left
	@$(CLUSTER) down

kubectl: .venv/synced ## kubectl on it: make kubectl ARGS="get pods -A"
	@$(CLUSTER) kubectl $(ARGS)

skaffold: .venv/synced ## build, install, and again after each change: make skaffold ARGS=dev
	@$(CLUSTER) skaffold $(ARGS)

cluster-programs: $(filter .cache/%,$(UV)) ## build the programs and images of cluster and tests (once)
	@$(PREPARE)
