# Each target works on its own on a bare machine with Rust and make.

.PHONY: demo test check bench bench-peer crash-test claims-eval fuzz dialect-check model-eval set-up set-up-tests

DATE := 2026-11-23
# One selection of packages and features everywhere, so that nothing is built twice.
PACKAGES := --workspace --features handyman-model/evaluate
SELECTION := --release $(PACKAGES)

# Does the main job on the built-in model and the sandbox world, in English and in Chinese.
demo: set-up
	@cargo build --release --workspace --bin handyman
	@scripts/demo.sh $(DATE)

# Passes all tests: style, units, properties, the real engine, the command line, examples, real databases and servers.
test: set-up-tests
	HANDYMAN_TEST_MCP_SERVERS="$(CURDIR)/target/mcp-servers" scripts/with-databases.sh \
		cargo test $(SELECTION) --no-fail-fast

# What a change must also pass before it lands. Tests, benchmarks and examples may unwrap and print, as the library may not.
check: set-up
	cargo fmt --all --check
	cargo clippy $(SELECTION) -- -D warnings
	cargo clippy $(SELECTION) --all-targets -- -D warnings -A clippy::pedantic -A unreachable-pub \
		-A clippy::unwrap-used -A clippy::expect-used -A clippy::print-stdout -A clippy::print-stderr -A clippy::allow-attributes
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps

# Figures of a booking session, then the engine's in one table; docs/figures.md explains them. Takes minutes, and 1.2 GB of scratch space.
bench: set-up
	cargo bench --quiet $(PACKAGES) --bench trip
	cargo bench --quiet $(PACKAGES) --bench engine

# The same session through our engine and through llama.cpp's server, which it builds first (15 minutes, once).
bench-peer: set-up
	@server=$$(scripts/llama-server.sh) && cargo test --quiet $(SELECTION) --bench peer -- "$$server"

# Tries out the chat templates of some 70 models: which dialect each gets, native or generic, and why.
dialect-check: set-up
	@scripts/dialect-check.sh

# Kills booking workflows at random moments and counts what was lost, doubled, bricked or unbalanced. In memory
# where there is such a folder: what a killed process has written stays, on a disk or not.
N := 2000
crash-test: set-up
	$(if $(wildcard /dev/shm),TMPDIR=/dev/shm) HANDYMAN_KILLS=$(N) HANDYMAN_KILLS_MODEL=$$(( $(N) / 50 )) \
		cargo test $(SELECTION) --test kills -- --nocapture --test-threads 1

# Fuzzes the journal's codec; needs a nightly Rust.
SECONDS := 600
fuzz:
	@scripts/fuzz.sh $(SECONDS)

# Measures what the built-in model claims and copies, and writes the tables of docs/durability.md.
claims-eval: set-up
	@cargo build --quiet $(SELECTION) --bins
	@target/release/generate --kind product --full --requests 1 --held-out --seed 9 --count 200 > target/product.jsonl
	@cargo test --quiet $(SELECTION) --bench claims -- \
		--conversations $(CURDIR)/target/product.jsonl --doc $(CURDIR)/docs/durability.md

# Measures the built-in model and writes the tables of model/README.md.
model-eval: set-up
	@cargo build --quiet $(SELECTION) --bins
	@target/release/generate --kind product --full --requests 1 --held-out --seed 9 --count 200 > target/product.jsonl
	@target/release/generate --kind product --full --about amiss --requests 1 --held-out --seed 9 --count 240 > target/amiss.jsonl
	@target/release/generate --kind invented --held-out --seed 9 --count 120 > target/invented.jsonl
	@target/release/evaluate --product target/product.jsonl --amiss target/amiss.jsonl --invented target/invented.jsonl \
		--requests model/eval/requests.jsonl --card model/README.md

# Installs what building needs: CMake, a C++ compiler, libclang.
set-up:
	@scripts/set-up.sh

# Installs also what tests want: PostgreSQL, MariaDB, MCP servers. What cannot be had is left out, and tests say so.
set-up-tests:
	@scripts/set-up.sh --tests
