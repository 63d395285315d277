# The throw-away Kubernetes of the tests. The Makefile includes this file.

CLUSTER := $(PYTHON) -m devcluster

.PHONY: cluster cluster-down kubectl skaffold cluster-programs cluster-programs-all
cluster: .venv/synced ## a Kubernetes to try things on, published on 127.0.0.1
	@$(CLUSTER) up

cluster-down: .venv/synced ## remove it and all that it left
	@$(CLUSTER) down

kubectl: .venv/synced ## kubectl on it: make kubectl ARGS="get pods -A"
	@$(CLUSTER) kubectl $(ARGS)

skaffold: .venv/synced ## build, install, and again after each change: make skaffold ARGS=dev
	@$(CLUSTER) skaffold $(ARGS)

cluster-programs: .venv/synced ## build what the fast tests need of Kubernetes (once)
	@$(CLUSTER) programs

cluster-programs-all: .venv/synced ## build all that a cluster needs (once)
	@$(CLUSTER) more-programs
