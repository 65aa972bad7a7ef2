# The few words of daily work. `make` alone explains them.

.DEFAULT_GOAL := help
.PHONY: help run build test check dev desk bench docs timings

CARGO ?= cargo
NPM ?= npm
SERVER := $(or $(CARGO_TARGET_DIR),target)/release/kulant
DESK_SOURCES := $(shell find desk locales -type f -not -path '*/node_modules/*' -not -path 'desk/dist/*' -not -path 'desk/test-results/*' -not -path 'desk/playwright-report/*' 2>/dev/null)

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## build everything and start kulant with its demo world
	@exec $(SERVER) demo

build: desk ## build the one file, target/release/kulant, with the desk inside
	@$(CARGO) build --release --locked -p kulant

test: ## install what the tests need, run them all, end with the counts
	@scripts/test.sh

check: desk/node_modules/.package-lock.json ## look at format and lints, without running anything
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@cd desk && $(NPM) run lint

dev: desk ## start the server (debug) and the desk's development server
	@scripts/dev.sh

desk: desk/dist/index.html ## build the desk into desk/dist

bench: build ## measure taking in, the desk and a rush of all networks on this machine
	@$(SERVER) bench intake
	@$(SERVER) bench desk
	@$(SERVER) bench rush

docs: desk ## write the generated files anew: specification, example configuration, client, what the desk is tested with
	@KULANT_UPDATE=1 $(CARGO) test --locked -p kulant --test it generated
	@KULANT_UPDATE=1 $(CARGO) test --locked -p kulant-web --test it channels::the_desk_is_tested
	@cd desk && $(NPM) run generate && $(NPM) run lengths

timings: ## build with cargo's report of what takes how long
	@$(CARGO) build --release --locked -p kulant --timings

desk/node_modules/.package-lock.json: desk/package.json desk/package-lock.json
	@scripts/set-up.sh
	@cd desk && $(NPM) ci --no-audit --no-fund
	@touch $@

desk/dist/index.html: desk/node_modules/.package-lock.json $(DESK_SOURCES)
	@scripts/set-up.sh
	@cd desk && $(NPM) run build
	@touch $@
