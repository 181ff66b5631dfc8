# What a developer does with this project, one target each. `make` alone lists them.
# Needed beforehand: Rust (rustup.rs), Python 3.11 or newer, make, git. Everything else is fetched on first use,
# from crates.io and PyPI, into target/ and .venv/. A target whose inputs did not change does nothing.

PYTHON ?= python3
# Options for the program that a target runs: `make demo ARGS="--limit 200"`.
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Builds for Python look at this interpreter and no other, whatever else is active.
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
unexport CONDA_PREFIX

RUST_FILES := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name '*.sql' -o -path '*/rules/*.md' -o -name Cargo.toml)
# Everything but the extension module: none of it needs Python.
CRATES := --workspace --exclude nuvom-py --locked
LINTED := python tests benches examples docs
# Without a group named, maturin would install that of development, which a build has no use for.
MATURIN := --group build
# Each is a set of modules that import each other by name.
TYPED := python benches docs/site docs/pictures $(dir $(wildcard examples/*/*.py)) $(wildcard tests/*.py) \
	$(dir $(wildcard tests/*/*.py))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build release demo test test-rust test-python chaos check lint types docs site deny audit bench bench-discovery reference pictures format clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(VENV)/.built-debug ## Build for development, into .venv (editable)

release: $(VENV)/.built-release ## Build for speed, into .venv (editable)

demo: $(VENV)/.built-release ## See it work: thousands of real jobs over two worker processes
	@$(BIN)/python examples/stdlib_report/run.py $(ARGS)

test: test-rust test-python ## Run all tests

test-rust: ## Run the tests of the Rust crates; no Python needed
	@echo "==> tests of the crates"
	@if cargo nextest --version >/dev/null 2>&1; \
		then cargo nextest run $(CRATES) --no-fail-fast --status-level slow && cargo test --doc $(CRATES); \
		else cargo test $(CRATES) --no-fail-fast; fi

test-python: $(VENV)/.built-debug $(VENV)/.tools ## Run the tests in tests/, by way of the built package
	@echo "==> tests of the package, the documents and the project's own rules"
	@$(BIN)/python -m pytest $(ARGS)

# Without a SEED one is drawn, and printed. `ARGS="--backend memory"` for the other backend.
MINUTES ?= 5
SEED ?=
CHAOS = $(BIN)/python tests/chaos/run.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

chaos: $(VENV)/.built-debug ## Break everything for MINUTES=5 with SEED=…, and judge what came of it
	@$(CHAOS)

check: lint types docs site deny test ## Everything that must hold before a change goes in
	@echo "==> all good"

lint: $(VENV)/.tools
	@echo "==> format and lint"
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	@$(BIN)/ruff check $(LINTED)
	@$(BIN)/ruff format --check $(LINTED)

types: $(VENV)/.built-debug $(VENV)/.tools
	@echo "==> types"
	@for part in $(sort $(TYPED)); do echo "$$part"; $(BIN)/mypy --no-error-summary $$part || exit 1; done
	@$(BIN)/python -m mypy.stubtest nuvom._nuvom

docs:
	@echo "==> documentation of the crates"
	@RUSTDOCFLAGS="-D warnings" cargo doc $(CRATES) --no-deps --document-private-items --quiet

site: $(VENV)/.tools ## Build the site of the documents, into build/site; a warning is an error
	@echo "==> the site"
	@$(BIN)/python docs/site/build.py

# cargo-deny takes longer to compile than this project, so nothing here installs it. What it would say about
# licences, sources and bans is also held to deny.toml by tests/tidy, which needs nothing but cargo.
deny:
	@echo "==> licences, sources and bans of dependencies"
	@if cargo deny --version >/dev/null 2>&1; \
		then cargo deny --locked check bans licenses sources; \
		else echo "cargo-deny is not installed; tests/tidy checks the same rules. For known vulnerabilities:"; \
		echo "  cargo install cargo-deny --locked && make audit"; fi

audit: ## Ask for known vulnerabilities of dependencies (needs cargo-deny and the internet)
	@cargo deny --locked check

bench: $(VENV)/.built-release $(VENV)/.bench ## Measure, with the yardsticks first
	@$(BIN)/python benches/run.py $(ARGS)

bench-discovery: $(VENV)/.built-release $(VENV)/.tools ## Measure discovery over thousands of real files, and its exactness
	@$(BIN)/python benches/discovery.py $(ARGS)

reference: ## Make the reference pages again that are made from the code
	@cargo run --quiet --locked -p nuvom-runtime --example settings_reference > docs/reference/configuration.md
	@cargo run --quiet --locked -p nuvom-runtime --example capabilities > docs/reference/capabilities.md
	@cargo run --quiet --locked -p nuvom-metrics --example metrics_reference > docs/reference/metrics.md
	@cargo run --quiet --locked -p nuvom-cli --example commands_reference > docs/reference/commands.md
	@cargo run --quiet --locked -p nuvom-discovery --example rules_reference docs/reference
	@cargo run --quiet --locked -p nuvom-runtime --example causes | $(PYTHON) docs/site/errors_reference.py > docs/reference/errors.md
	@$(PYTHON) docs/site/python_reference.py > docs/reference/python.md

pictures: $(VENV)/.built-debug ## Draw the pictures of terminals again that the documents show
	@$(BIN)/python docs/pictures/draw.py

format: $(VENV)/.tools ## Bring all code into its form
	@cargo fmt --all
	@$(BIN)/ruff check --fix $(LINTED)
	@$(BIN)/ruff format $(LINTED)

clean: ## Remove all that was built or fetched
	cargo clean --quiet
	rm -rf $(VENV) dist build/site bench-results python/nuvom/_nuvom.*.so .pytest_cache .mypy_cache .ruff_cache
	find python tests examples benches -name __pycache__ -prune -exec rm -rf {} +

# One environment holds one build: to make either forgets the other. Going back costs a link, not a compilation.
$(VENV)/.built-debug: $(RUST_FILES) pyproject.toml $(VENV)/.maturin
	@echo "==> building for development"
	@rm -f $(VENV)/.built-release
	@$(BIN)/maturin develop --locked --features failpoints $(MATURIN)
	@touch $@

$(VENV)/.built-release: $(RUST_FILES) pyproject.toml $(VENV)/.maturin
	@echo "==> building for speed (the first time takes a few minutes)"
	@rm -f $(VENV)/.built-debug
	@$(BIN)/maturin develop --locked --release $(MATURIN)
	@touch $@

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@cargo --version >/dev/null 2>&1 || { echo "Rust is needed: https://rustup.rs"; exit 1; }
	@echo "==> making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.maturin: $(VENV)/.python
	@$(BIN)/python -m pip install --quiet --group build
	@touch $@

$(VENV)/.tools: pyproject.toml $(VENV)/.python
	@echo "==> installing the tools of development"
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.bench: pyproject.toml $(VENV)/.python
	@$(BIN)/python -m pip install --quiet --group bench
	@touch $@
