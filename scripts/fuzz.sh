#!/usr/bin/env bash
# Fuzzes the journal's codec for some seconds, with the flags that cargo-fuzz would give; needs a nightly Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz.sh needs a nightly Rust: rustup toolchain install nightly" >&2
    exit 1
fi
seconds=${1:-600}
target=$PWD/target/fuzz
export CARGO_TARGET_DIR=$target
export RUSTFLAGS="--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
(cd fuzz && cargo +nightly build --release --target x86_64-unknown-linux-gnu --bin event)

# The events that docs/events.md lists are what it begins with.
mkdir -p "$target/corpus"
grep '^{"type"' docs/events.md | sed 's/…/x/g' | split -l 1 - "$target/corpus/event-"
grep '^{"type"' docs/events.md | sed 's/…/x/g' > "$target/corpus/all"
exec "$target/x86_64-unknown-linux-gnu/release/event" "$target/corpus" -max_total_time="$seconds" -max_len=8192 \
  -artifact_prefix="$target/" -print_final_stats=1
