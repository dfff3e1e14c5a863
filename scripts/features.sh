#!/bin/sh
# Checks that every feature builds by itself, and the command line without its engine. No test does: a build of all of them
# is what the tests run in.
set -eu
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/features" RUSTFLAGS="-D warnings"
for features in "" remote hub databases web calendar mail mcp openapi serve tracing testing; do
    echo "handyman, features: ${features:-none}" >&2
    cargo check --quiet -p handyman --no-default-features --features "$features"
done
for features in "" services; do
    echo "handyman-cli, features: ${features:-none}" >&2
    cargo check --quiet -p handyman-cli --no-default-features --features "$features"
done
