# The one list of what can be done with this repository: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON_VENV := venv_py312/bin/python
TEST_WORKERS ?= 2
# One more than there are processors to count on: some of the tests wait for a clock.
UNIT_WORKERS ?= 3
export TEST_WORKERS

.PHONY: help run dev test unit lint fix demo services services-stop bench bench-scale soak fuzz docs-check texts hashes audit

run: ## Serve on HOST:PORT (127.0.0.1:8080) as production does; makes what is missing first
	@exec backend/tools/run

dev: ## Serve with Flask's own server, which reloads when a file changes
	@exec backend/tools/dev

test: ## Run every test that can run on this machine, with coverage (ARGS="-k upload" narrows it)
	@cd backend && tools/setup --test && exec $(PYTHON_VENV) -m tools.suite $(ARGS)

unit: ## Run the tests of single parts, which need no server, in a few minutes (ARGS="-k upload" narrows it)
	@cd backend && tools/setup --test && exec env -u PYTHONDONTWRITEBYTECODE $(PYTHON_VENV) -m pytest tests/unit -q --copies=$(UNIT_WORKERS) $(ARGS)

soak: ## Let uploaders, deleters, the collector and kill -9 loose on both stacks for SOAK_SECONDS (3600)
	@cd backend && tools/setup --test && SOAK_SECONDS=$${SOAK_SECONDS:-3600} KILL_ROUNDS=$${KILL_ROUNDS:-50} \
	  OUTAGES=$${OUTAGES:-20} WORKER_KILLS=$${WORKER_KILLS:-100} KILLED_JOBS=$${KILLED_JOBS:-1000} FILES_PER_THREAD=$${FILES_PER_THREAD:-50} \
	  exec $(PYTHON_VENV) -m pytest tests/concurrency -m "slow and not large" -p no:randomly $(ARGS)

fuzz: ## Try everything at random for longer: the API by its description, hostile input, whole stories
	@cd backend && tools/setup --test && FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-50} HOSTILE_INPUTS=$${HOSTILE_INPUTS:-2000} \
	  STORIES=$${STORIES:-200} STEPS=$${STEPS:-50} FUZZ_SEED=$${FUZZ_SEED:-$$RANDOM} \
	  exec $(PYTHON_VENV) -m pytest tests/integration/test_fuzz.py tests/whole/test_hostile_input.py \
	  tests/whole/test_state_machine.py -p no:randomly $(ARGS)

docs-check: ## Run every command of README and docs, and compare the output with what the page shows (ARGS=docs/api.md: that page)
	@cd backend && tools/setup && exec $(PYTHON_VENV) -m tools.docs_check $(ARGS)

bench: ## Measure the service beside real peers, an hour or so (ARGS="--size-mib 64 --rounds 1" for a look)
	@backend/tools/setup --test && PYTHONPATH=backend exec backend/$(PYTHON_VENV) -m benchmarks $(ARGS)

bench-scale: ## Compare 1 000 versions with 1 000 000, on SQLite and MySQL (ARGS="--packages 20 --rounds 1")
	@backend/tools/setup --test && PYTHONPATH=backend exec backend/$(PYTHON_VENV) -m benchmarks.scale $(ARGS)

lint: ## Check style, formatting, types and import rules
	@cd backend && tools/setup --test && set -x \
	  && $(PYTHON_VENV) -m ruff check . \
	  && $(PYTHON_VENV) -m ruff format --check . \
	  && $(PYTHON_VENV) -m mypy -p wxcloudrun -p pkgctl -p tools -p tests \
	  && $(PYTHON_VENV) -m ruff check ../benchmarks \
	  && $(PYTHON_VENV) -m ruff format --check ../benchmarks \
	  && (cd .. && MYPYPATH=backend backend/$(PYTHON_VENV) -m mypy --config-file backend/pyproject.toml -p benchmarks) \
	  && venv_py312/bin/lint-imports

fix: ## Format the code, and mend what ruff can mend
	@cd backend && tools/setup --test && for folder in . ../benchmarks; do \
	  $(PYTHON_VENV) -m ruff check --fix $$folder && $(PYTHON_VENV) -m ruff format $$folder || exit; done

texts: ## Add what the code says newly to the catalogues of translations, and compile them
	@cd backend && tools/setup --test && exec $(PYTHON_VENV) -m tools.texts

audit: ## Look for known weaknesses of the pinned libraries, missing hashes, other licences, floating images
	@cd backend && tools/setup --test && exec $(PYTHON_VENV) -m tools.audit

hashes: ## Write the hashes of the pinned libraries anew, after a change of requirements*.txt
	@exec backend/tools/write-hashes

demo: ## Publish a wheel, an sdist and an npm tarball to a server of its own, fetch them back, and let uv, pip and npm do it
	@cd backend && tools/setup && exec $(PYTHON_VENV) -m tools.demo

services: ## Start real MinIO, SeaweedFS, MySQL and Redis without Docker
	@backend/tools/services start

services-stop: ## Stop the servers that `make services` started
	@backend/tools/services stop

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
