# `make demo` and `make test` set everything up by themselves; set up already, they do not again.
# PYTHON: the interpreter to build the environment from (>= 3.11). VENV: where the environment is.
# ARGS: handed on, as in `make test ARGS="-k gap"` or `make demo ARGS="--speed 20"`.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
ENVIRONMENT := $(VENV)/.environment
RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench crash fuzz life clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## Play recorded calls through a local Genesys Cloud and score them live
	@$(BIN)/python -m genesys_sentiment demo $(ARGS)

test: $(TOOLS) ## Run the tests
	@$(BIN)/python -m pytest $(ARGS)

lint: $(TOOLS) ## Check format and style
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(TOOLS) ## Check the types, strictly
	@$(BIN)/mypy

bench: $(TOOLS) ## Measure the full path and the delivery beside simpler ones
	@$(BIN)/python benchmarks/pipeline.py $(ARGS)
	@$(BIN)/python benchmarks/delivery.py
	@$(BIN)/python benchmarks/analyzer.py
	@$(BIN)/python benchmarks/fleet.py

crash: $(TOOLS) ## Kill a delivery 200 times with -9 and count what arrived
	@$(BIN)/python -m tests.crash $(ARGS)

fuzz: $(TOOLS) ## Fuzz everything that reads what others wrote
	@$(BIN)/python -m pip install --quiet --group fuzz >&2
	@$(BIN)/python -m tests.fuzz $(ARGS)

life: $(TOOLS) ## Live through a day of 1,000 conversations and 100 faults in virtual time
	@$(BIN)/python -m tests.life $(ARGS)

clean: ## Remove the environment and everything that was generated
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --without-pip: some systems ship Python without the module that would put pip there. The pip
# that is at hand does it instead, with one that knows dependency groups (25.1).
# Setting up speaks on standard error: what the demo prints is for other programs as well.
$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11")' >&2
	@echo "setting up $(VENV), once" >&2
	@$(PYTHON) -m venv --without-pip $(VENV) >&2
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --upgrade 'pip>=25.1' >&2
	@touch $@

$(RUNTIME): pyproject.toml $(ENVIRONMENT)
	@$(BIN)/python -m pip install --quiet --editable '.[cli]' >&2
	@touch $@

$(TOOLS): pyproject.toml $(RUNTIME)
	@$(BIN)/python -m pip install --quiet --editable '.[cli,eventbridge,kafka,nats,onnx,rabbitmq]' >&2
	@$(BIN)/python -m pip install --quiet --group dev --group peers >&2
	@touch $@
