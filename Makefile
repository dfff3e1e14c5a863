# Each target works on its own. demo, test, bench, crash-test, claims-eval and model-eval need Rust and make, and install what else
# they need or say what that is. The others need more, and say so: check (rustfmt and clippy), fuzz (a nightly Rust),
# dialect-check and bench-peer (Python with pip, GNU tar).

.PHONY: demo test check bench bench-peer bench-native crash-test claims-eval fuzz dialect-check model-eval set-up set-up-tests

DATE := 2026-11-23
# The same packages and features everywhere, so that nothing is built twice.
PACKAGES := --workspace --features handyman-model/evaluate
SELECTION := --release $(PACKAGES)
# Where Cargo builds.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

# Does the main job with the built-in model on the sandbox world, in English and in Chinese.
demo: set-up
	@cargo build --release --workspace --bin handyman
	@scripts/demo.sh $(DATE)

# Runs all tests: style, units, properties, the real engine, the command line, examples, real databases and servers.
test: set-up-tests
	HANDYMAN_TEST_MCP_SERVERS="$(CURDIR)/target/mcp-servers" scripts/with-databases.sh \
		cargo test $(SELECTION) --no-fail-fast

# What a change must also pass before it lands. Tests, benchmarks and examples may unwrap and print, as the library may not.
check: set-up
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
		{ echo "make check needs rustfmt and clippy: rustup component add rustfmt clippy" >&2; exit 1; }
	cargo fmt --all --check
	cargo clippy $(SELECTION) -- -D warnings
	cargo clippy $(SELECTION) --all-targets -- -D warnings -A clippy::pedantic -A unreachable-pub \
		-A clippy::unwrap-used -A clippy::expect-used -A clippy::print-stdout -A clippy::print-stderr -A clippy::allow-attributes
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
	scripts/features.sh

# Measures a booking session, then the engine, in one table that docs/figures.md explains. Takes minutes, and 1.2 GB of scratch space.
bench: set-up
	cargo bench --quiet $(PACKAGES) --bench trip
	cargo bench --quiet $(PACKAGES) --bench engine

# Runs the same session through our engine and through llama.cpp's server. Building that server first takes 15 minutes, once,
# and needs Python with pip.
bench-peer: set-up
	@server=$$(scripts/llama-server.sh) && cargo test --quiet $(SELECTION) --bench peer -- "$$server"

# Measures what a build for this very processor gains. Builds everything once more, in target/native.
bench-native: set-up
	@scripts/bench-native.sh

# Tries the chat templates of some 70 models and says which dialect each gets, native or generic, and why. Needs Python with pip.
dialect-check: set-up
	@scripts/dialect-check.sh

# Kills booking workflows at random moments and counts what was lost, doubled, bricked or unbalanced. Uses a folder in memory
# if there is one: what a killed process has written stays there too.
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
	@"$(TARGET)/release/generate" --kind product --full --requests 1 --held-out --seed 9 --count 200 > "$(TARGET)/product.jsonl"
	@cargo test --quiet $(SELECTION) --bench claims -- \
		--conversations "$(TARGET)/product.jsonl" --doc "$(CURDIR)/docs/durability.md"

# Measures the built-in model and writes the tables of model/README.md.
model-eval: set-up
	@cargo build --quiet $(SELECTION) --bins
	@"$(TARGET)/release/generate" --kind product --full --requests 1 --held-out --seed 9 --count 200 > "$(TARGET)/product.jsonl"
	@"$(TARGET)/release/generate" --kind product --full --about amiss --requests 1 --held-out --seed 9 --count 240 \
		> "$(TARGET)/amiss.jsonl"
	@"$(TARGET)/release/generate" --kind product --renamed --requests 1 --held-out --seed 9 --count 200 > "$(TARGET)/renamed.jsonl"
	@"$(TARGET)/release/generate" --kind everyday --requests 1 --held-out --seed 9 --count 200 > "$(TARGET)/everyday.jsonl"
	@"$(TARGET)/release/generate" --kind invented --held-out --seed 9 --count 120 > "$(TARGET)/invented.jsonl"
	@"$(TARGET)/release/evaluate" --product "$(TARGET)/product.jsonl" --amiss "$(TARGET)/amiss.jsonl" \
		--renamed "$(TARGET)/renamed.jsonl" --everyday "$(TARGET)/everyday.jsonl" --invented "$(TARGET)/invented.jsonl" \
		--requests model/eval/requests.jsonl --card model/README.md

# Installs what building needs: CMake, a C++ compiler, libclang with its headers.
set-up:
	@scripts/set-up.sh

# Also installs what tests need: PostgreSQL, MariaDB, Node and Python for MCP servers. Whatever cannot be installed is
# skipped, and the tests that need it say so.
set-up-tests:
	@scripts/set-up.sh --tests
