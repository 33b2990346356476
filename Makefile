# The one entry for people and for CI: `make help`.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

T     ?= 10s  # make fuzz: time per fuzz function
SEED  ?=      # make chaos: seed of the run to repeat; a new one if empty
BENCH ?= .    # make bench: which benchmarks
PKG   ?= ./...

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LINT    := go tool -modfile=tools/go.mod golangci-lint

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/nova and bin/chdb-server
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/ ./cmd/nova ./cmd/chdb-server

.PHONY: run
run: build ## the whole system on this machine, with sample data (nova demo)
	bin/nova demo

.PHONY: test
test: ## all tests, within 5 minutes
	go test -short -shuffle=on -timeout 10m $(PKG)

.PHONY: race
race: ## all tests under the race detector
	go test -race -short -shuffle=on -timeout 30m $(PKG)

.PHONY: lint
lint: ## style, and which package may import which
	$(LINT) run $(PKG)

.PHONY: fuzz
fuzz: ## every fuzz function for T=10s
	@grep -rl --include='*_fuzz_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
	  go test -list '^Fuzz' "$$dir" | { grep '^Fuzz' || true; } | while read -r fn; do \
	    echo "$$dir $$fn"; \
	    go test -run '^$$' -fuzz "^$$fn\$$" -fuzztime $(strip $(T)) "$$dir"; \
	  done; \
	done

.PHONY: chaos
chaos: ## kill, restart and poison; SEED=… repeats a run
	SEED=$(strip $(SEED)) go test -count=1 -v -timeout 30m ./test/chaos/...

.PHONY: bench
bench: ## benchmarks; BENCH=regexp picks some
	go test -run '^$$' -bench '$(strip $(BENCH))' -benchmem $(PKG)

.PHONY: docs
docs: ## write the generated parts of README.md and docs/
	go run ./internal/docgen

.PHONY: stale
stale:
	go run ./internal/docgen -check

.PHONY: check
check: stale lint test ## before a commit: generated docs, lint, tests
