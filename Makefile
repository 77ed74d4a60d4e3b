# Targets of this project; bare `make` lists them.
SHELL := bash
export CGO_ENABLED ?= 0
.SHELLFLAGS := -o pipefail -ec
GO ?= go
FUZZTIME ?= 60s
BASE ?=
CASES ?= 500
SEED ?= 1
ARGS ?=
TABLES ?=
CRASH ?= -crash.all
TIMES ?= 200

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## the static programs, into bin/
	$(GO) build -trimpath -o bin/ ./cmd/...

.PHONY: test
test: ## every test that needs nothing but Go
	$(GO) build ./...
	$(GO) vet ./...
	$(GO) test ./...

.PHONY: race
race: ## the tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short ./...

.PHONY: lint
lint: ## gofumpt, golangci-lint, govulncheck: what is installed of them
	./.ci/lint

.PHONY: crash
crash: ## crashes, power cuts and faults at every step; kill -9 at every system call (needs strace), power cuts of a disk image (needs root); CRASH=-crash.every=N visits every Nth
	$(GO) test -count=1 -v -run 'Crash|Survives|Restart|PowerCut|FailedSync|Safe' ./volumes/... ./deltalog/... ./internal/checkpoint/... ./internal/catalog/... \
		./internal/state/... ./internal/connector/delta/... ./autoloader/... | grep -vE '^ *(===|--- PASS)'
	$(GO) test -count=1 -timeout 30m -v ./medallion -crash.all -run 'Surviv' | grep -vE '^ *(===|--- PASS)'
	$(GO) test -count=1 -timeout 60m ./layers -v $(CRASH) \
		-run 'Survive|Unsynced|Forgotten|Disk|Damaged|Lost|MadeAnew|WhenAsked' | grep -vE '^ *(===|--- PASS)'
	$(GO) test -count=1 -timeout 30m ./internal/connector/kafka -v -crash.all -kafka.kills 100 -run Survives | grep -vE '^ *(===|--- PASS)'

.PHONY: sabotage
sabotage: ## each sync taken away, each two durable steps swapped: the crash tests must fail
	./.ci/sabotage

.PHONY: conflicts
conflicts: ## every interleaving of every pair of commands, and the races of writers twenty times over
	$(GO) test ./deltalog -run 'ConflictMatrix|Linearizable|Densely|Creator|CheckpointRace|Zombie|UnknownOutcomes' -all-interleavings -races 20 -timeout 60m

.PHONY: zoo
zoo: ## files that nobody wants through whole streams: a bomb of 10 GB, too, and many random files
	$(GO) test -count=1 -v ./internal/zoo -zoo.long -rapid.checks=1000 | grep -E 'zoo:|MB unpacked|^(---|ok|FAIL)'
	$(GO) test -count=1 -v -run 'AccountedFor' ./internal/connector/files -rapid.checks=3000

.PHONY: suite
suite: ## the invoices suite TIMES times: on the fixtures, and on real files where they are
	$(GO) test -count=1 -v -run TestInvoicesSuiteManyTimes ./layers -suite.times=$(TIMES)

.PHONY: interop
interop: ## the other readers and writers of Delta tables beside ours (needs python3, Java 17 and Maven; installs the rest)
	./.ci/interop

.PHONY: readers
readers: ## a table for each feature, read by all other readers: READERS.md; several engines writing to one table at a time (as interop)
	./.ci/interop readers

.PHONY: tables
tables: ## TABLES="dir …": every Delta table below those folders, also in .tar.zst archives, read beside the other readers
	./.ci/interop tables $(TABLES)

.PHONY: differential
differential: ## CASES generated streaming queries beside a live Spark, batch by batch (needs python3 and Java; installs the rest)
	./.ci/differential $(CASES) $(SEED)

.PHONY: handover
handover: ## queries that move between Spark and here, and the checkpoints of Spark's releases (needs python3, Java 17 and Maven); ARGS=short: what takes a minute
	./.ci/handover $(ARGS)

.PHONY: kafka
kafka: ## Apache Kafka with each kind of security, killed, compacted, made again (needs Java 17 and Maven)
	./.ci/kafka

.PHONY: s3
s3: ## buckets: every fault at every request; versitygw, which it installs, and MinIO (MINIO=install): races, killed pipelines, other engines
	./.ci/s3

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	./.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## the benchmarks; BASE=<commit> compares with that commit in one run
	./.ci/bench $(BASE)

.PHONY: bench-peers
bench-peers: ## ours beside DuckDB, Polars, Sail and Spark, installed when missing; ARGS="-only job" chooses
	./.ci/peers $(ARGS)

.PHONY: golden
golden: ## rewrite the golden files; read the diff
	$(GO) test $$(grep -rlF 'Bool("rewrite"' --include=*_test.go . | xargs dirname | sort -u) -run 'Golden|Script|Trace' -rewrite

.PHONY: generate
generate: ## generated files; leaves no diff
	$(GO) generate ./...
	git diff --exit-code

.PHONY: shape
shape: ## sizes of files and functions, for review
	@find . -name '*.go' -not -path './.git/*' | xargs wc -l | sort -rn | head -25
