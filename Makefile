# The one entry for people and for CI: `make help`.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# make run:   flags of nova demo
ARGS  ?=
# make fuzz:  time per fuzz function
T     ?= 10s
# make chaos: seed of the run to repeat, and how many faults; the test's own choice if empty
SEED  ?=
FAULTS ?=
# make chaos-pages: how much is to happen; 100000 if empty
CHANGES ?=
# make bench: which benchmarks
BENCH ?= .
# make bench-views: its flags
VIEWS ?=
# make test, race, lint, bench: which packages
PKG   ?= ./...

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# where tests leave their logs when they fail
KEEP    := -artifacts -outputdir $(CURDIR)/bin/failed
# packages tested at a time: they wait, for sessions and servers, for more than half of their time
WAITING := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
LINT    := go tool -modfile=tools/go.mod golangci-lint
# of the version that docker-compose.yml runs; the first call compiles it, some minutes
PROMTOOL := go tool -modfile=tools/promtool/go.mod promtool

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/nova and bin/chdb-server
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/ ./cmd/nova ./cmd/chdb-server

.PHONY: run
run: build ## the whole system on this machine, with sample data (nova demo)
	bin/nova demo $(ARGS)

.PHONY: test
test: ## all tests, within 5 minutes once they are compiled
	go test -short -shuffle=on -timeout 10m -p $(WAITING) $(PKG)

.PHONY: test-real
test-real: ## tests on real servers: Kafka, Connect with Debezium, PostgreSQL, a registry; installs what is missing
	@need=; \
	command -v java >/dev/null || need+=" openjdk-17-jre-headless"; \
	command -v mvn >/dev/null || need+=" maven"; \
	[ -x /usr/lib/postgresql/15/bin/initdb ] || command -v initdb >/dev/null || need+=" postgresql-15"; \
	if [ -n "$$need" ]; then \
	  command -v apt-get >/dev/null || { echo "make test-real: install java (17 or later), mvn and PostgreSQL 15; without apt-get it cannot" >&2; exit 1; }; \
	  echo "make test-real: installing$$need with apt-get"; \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq; \
	  $$root apt-get install -y -qq --no-install-recommends $$need >/dev/null; \
	fi
	mkdir -p bin/failed
	NOVA_REAL=1 go test $(KEEP) -count=1 -p 1 -v -timeout 60m ./test/realkafka/... ./test/realstack/... ./test/e2e/... ./test/chaos/...
	NOVA_REAL=1 go test $(KEEP) -count=1 -v -timeout 10m -run _on_real_servers ./cmd/nova

.PHONY: race
race: ## tests under the race detector; PKG picks packages
	go test -race -short -shuffle=on -timeout 30m $(PKG)

.PHONY: lint
lint: ## style, and which package may import which
	$(LINT) run $(PKG)

.PHONY: fuzz
fuzz: ## every fuzz function for T=10s
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
	  go test -list '^Fuzz' "$$dir" | { grep '^Fuzz' || true; } | while read -r fn; do \
	    echo "$$dir $$fn"; \
	    go test -run '^$$' -fuzz "^$$fn\$$" -fuzztime $(T) "$$dir"; \
	  done; \
	done

.PHONY: chaos
chaos: redis-server ## kill, freeze, cut off, add and take away; SEED=… repeats a run
	mkdir -p bin/failed
	$(if $(SEED),SEED=$(SEED)) $(if $(FAULTS),FAULTS=$(FAULTS)) go test $(KEEP) -count=1 -v -timeout 90m ./test/chaos/... ./internal/app/...

.PHONY: redis-server
redis-server: # a real Redis, for tests that miniredis is too slow for
	@command -v redis-server >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "install redis-server; without apt-get this cannot" >&2; exit 1; }; \
	  echo "installing redis-server with apt-get"; \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq; \
	  $$root apt-get install -y -qq --no-install-recommends redis-server >/dev/null; \
	}

.PHONY: chaos-long
chaos-long: ## the same with FAULTS=300 for processors and for sinks; about three quarters of an hour
	mkdir -p bin/failed
	$(if $(SEED),SEED=$(SEED)) FAULTS=$(or $(FAULTS),300) go test $(KEEP) -count=1 -v -timeout 3h -run 'TestFaults|TestSinks_leave' ./test/chaos/

.PHONY: chaos-pages
chaos-pages: redis-server ## the pages of feeds alone, beside the tables as of LATE=1000 ms before; CHANGES=100000, 12 minutes
	mkdir -p bin/failed
	$(if $(SEED),SEED=$(SEED)) CHANGES=$(or $(CHANGES),100000) go test $(KEEP) -count=1 -v -timeout 2h -run TestPages ./test/chaos/

.PHONY: bench
bench: ## benchmarks; BENCH=regexp picks some
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

.PHONY: bench-views
bench-views: ## the named queries of ClickHouse through the views and over the rows, 10 M events; VIEWS="-posts 2000"
	go run ./test/bench/views $(VIEWS)

.PHONY: bench-sink
bench-sink: ## rows per CPU second of the ClickHouse sink, beside ch-go alone; ROWS=1000000 ROUNDS=3
	NOVA_BENCH=1 go test -count=1 -v -timeout 30m ./test/bench/sink

.PHONY: bench-cdc
bench-cdc: ## CPU per change of the application's database, beside decoding alone; CHANGES=300000 ROUNDS=3
	NOVA_BENCH=1 go test -count=1 -v -timeout 30m ./test/bench/cdc

.PHONY: bench-graph
bench-graph: ## suggestions per CPU second, beside Go maps; memory and time per edge; ROUNDS=3
	NOVA_BENCH=1 go test -count=1 -v -timeout 30m ./test/bench/graph

.PHONY: bench-api
bench-api: ## requests per core of the most frequent reads, beside a bare net/http handler; REQUESTS=100000 ROUNDS=5
	NOVA_BENCH=1 go test -count=1 -v -timeout 30m ./test/bench/api

.PHONY: bench-feed
bench-feed: redis-server ## CPU per feed, made anew and from Redis, beside a bare handler that reads Redis; installs redis-server; REQUESTS=50000 MAKES=5000 ROUNDS=5
	NOVA_BENCH=1 go test -count=1 -v -timeout 30m ./test/bench/feed

.PHONY: test-contract
test-contract: ## the API beside its OpenAPI document, by schemathesis, which it installs into bin/
	@[ -x bin/schemathesis/bin/schemathesis ] || { \
	  python3 -c 'import venv, ensurepip' 2>/dev/null || { echo "make test-contract: install python3 with venv (Debian: python3-venv)" >&2; exit 1; }; \
	  python3 -m venv bin/schemathesis && bin/schemathesis/bin/pip install -q 'schemathesis==4.32.5'; \
	}
	SCHEMATHESIS=$(CURDIR)/bin/schemathesis/bin/schemathesis go test -count=1 -v -timeout 15m -run TestContract ./test/e2e

.PHONY: test-rules
test-rules: ## the alarms of Prometheus, by promtool, which it compiles
	$(PROMTOOL) check rules docker/prometheus/rules.yml
	$(PROMTOOL) test rules docker/prometheus/rules_test.yml

.PHONY: docs
docs: ## write the generated parts of README.md and docs/
	go run ./internal/docgen

.PHONY: fmt
fmt: ## format the code as the linter wants it
	$(LINT) fmt $(PKG)

.PHONY: stale
stale:
	go run ./internal/docgen -check

.PHONY: check
check: stale lint test ## before a commit: generated docs, lint, tests
