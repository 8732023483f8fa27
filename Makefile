# What a person types in this repository. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

export GOTOOLCHAIN := local
TOOLS := $(CURDIR)/.tools
export PATH := $(TOOLS):$(PATH):$(shell go env GOPATH)/bin

# A folder without git, or with another owner's, still builds; it then knows no commit.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILDVCS := $(shell git status --porcelain >/dev/null 2>&1 && echo auto || echo false)
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=$(BUILDVCS) -ldflags '-s -w -X main.version=$(VERSION)'

# The same with libopus in it (docs/decisions/0342), as deploy/Dockerfile builds it.
OPUS_BUILD := CGO_ENABLED=1 go build -trimpath -buildvcs=$(BUILDVCS) -tags opus,netgo,osusergo \
	-ldflags '-s -w -X main.version=$(VERSION) -linkmode external -extldflags -static'

# Everything but the end-to-end tests, which have real peers and no race detector.
UNIT = $$(go list ./... | grep -v '^hotline/test')

# Packages with tests that draw their inputs (property tests). `make test` draws the same ones each time,
# so that what failed fails again; `make fuzz` draws new ones.
DRAWN = $$(go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' $(UNIT) | awk '/pgregory.net\/rapid/ { print $$1 }')
PLAIN = $$(go list ./... | grep -v '^hotline/test' | grep -vxF "$(DRAWN)")
SEED ?= 1
DRAWS_LONG ?= 5000

# How long each fuzz target runs: `make test` takes the short time, `make fuzz` the long one.
FUZZ_SHORT ?= 1s
FUZZ_LONG ?= 5m

# The web pages: npm is asked only when the lock file has changed, Vite only when a source has.
CONSOLE := web/console
PAGES := $(CONSOLE)/dist/app/phone.html
PAGE_SOURCES := $(shell find $(CONSOLE) -maxdepth 1 -type f -not -name '*.go') $(shell find $(CONSOLE)/src -type f)

.PHONY: help build pages pages-lint pages-test run test lint unit race fuzz fuzz-short e2e opus soak bench tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

build: pages ## bin/hotline, static, with the web pages
	$(BUILD) -o bin/hotline ./cmd/hotline

pages: $(PAGES) ## the web pages, for the binary to embed

$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package-lock.json
	@command -v npm >/dev/null || { echo "make: the web pages need Node.js 20 and npm (Debian: nodejs npm); 'go build ./cmd/hotline' makes a binary without them"; exit 1; }
	cd $(CONSOLE) && npm ci --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGES): $(CONSOLE)/node_modules/.package-lock.json $(PAGE_SOURCES)
	cd $(CONSOLE) && npx vite build --logLevel warn

run: build ## serve the shipped example on loopback
	./bin/hotline serve

test: tools lint pages-test race fuzz-short e2e opus ## everything that has to hold, in the order of how fast it fails

lint: tools pages-lint ## gofumpt, go vet, golangci-lint; TypeScript's types, Biome
	@unformatted="$$(find . -name '*.go' -not -path './.tools/*' -not -path '*/node_modules/*' -print0 | xargs -0 gofumpt -l)"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofumpt -w):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	golangci-lint run ./...

pages-lint: $(CONSOLE)/node_modules/.package-lock.json
	cd $(CONSOLE) && npm run --silent check

pages-test: $(CONSOLE)/node_modules/.package-lock.json ## unit tests of the web pages
	cd $(CONSOLE) && npx vitest run --silent --reporter=dot

unit: ## unit tests, quickly
	go test $(UNIT)

race: tools ## unit tests under the race detector
	CGO_ENABLED=1 go test -race -timeout 15m $(PLAIN)
	CGO_ENABLED=1 go test -race -timeout 15m $(DRAWN) -rapid.seed=$(SEED)

fuzz-short: ## every fuzz target for a few seconds
	./scripts/fuzz $(FUZZ_SHORT)

fuzz: ## every fuzz target for minutes, property tests with inputs of their own
	go test -count=1 -timeout 2h $(DRAWN) -rapid.checks=$(DRAWS_LONG)
	./scripts/fuzz $(FUZZ_LONG)

e2e: build tools ## real SIP peers against bin/hotline, on loopback
	go test -count=1 -parallel 6 -timeout 12m ./test/...

opus: pages tools ## the build that codes Opus, static as in the container: bin/hotline-opus, its unit tests and two calls
	CGO_ENABLED=1 go vet -tags opus ./media/... ./recording/... ./config ./test
	CGO_ENABLED=1 go test -tags opus ./media ./recording/... ./config
	$(OPUS_BUILD) -o bin/hotline-opus ./cmd/hotline
	HOTLINE_BINARY=$(CURDIR)/bin/hotline-opus go test -count=1 -tags opus -run '^(TestArchiveInOpus|TestOpusAlone)$$' ./test

soak: build tools ## hours of calls that must leave nothing behind
	go test -count=1 -timeout 0 -p 1 -tags soak -run '^TestSoak' -v ./test ./test/bench

bench: build tools ## what a call costs, beside the peers, into docs/benchmarks.md
	go test -count=1 -timeout 30m -tags bench -run '^TestTable$$' -v ./test/bench

tools: ## install what is missing: SIP peers, promtool, linters
	@./scripts/tools "$(TOOLS)"

clean: ## what make has made
	rm -rf bin .tools $(CONSOLE)/node_modules $(CONSOLE)/dist/app
