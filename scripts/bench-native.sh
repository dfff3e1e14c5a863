#!/bin/sh
# Measures what a build for this very processor gains over the default one, which runs wherever there is AVX2: both are built and
# read the same prompts in turn, twice. The other build goes to target/native and takes as long as the first one.
set -eu
cd "$(dirname "$0")/.."

# The benchmark's program, as Cargo names it.
program() {
    cargo bench --workspace --features handyman-model/evaluate --bench engine --no-run 2>&1 |
        sed -n 's/.*benches\/engine\/main.rs (\(.*\))/\1/p'
}
usual=$(program)
native=$(CARGO_TARGET_DIR=target/native RUSTFLAGS="-C target-cpu=native" program)
[ -x "$usual" ] && [ -x "$native" ] || { echo "bench-native.sh could not build the benchmark" >&2; exit 1; }

# On one core, where that can be asked for.
one=""
command -v taskset >/dev/null 2>&1 && one="taskset -c 0"

# Lines of "model,kernels,milliseconds".
read_prompts() {
    $one "$1" reading | sed -n 's|a prompt, \(.*\): our kernels / llama.cpp.s: time .* \([0-9.]*\) ms to \([0-9.]*\) ms.*|\1,ours,\2\n\1,llama.cpp,\3|p'
}
for round in 1 2; do
    read_prompts "$usual" | sed 's/^/default,/'
    read_prompts "$native" | sed 's/^/native,/'
done | awk -F, '
    { key = $2 "," $3; if (!(key in seen)) { seen[key] = 1; keys[++count] = key } sum[$1 "," key] += $4; runs[$1 "," key]++ }
    END {
        printf "%-50s %8s  from\n", "", "measured"
        for (i = 1; i <= count; i++) {
            split(keys[i], part, ",")
            native = sum["native," keys[i]] / runs["native," keys[i]]
            usual = sum["default," keys[i]] / runs["default," keys[i]]
            kernels = part[2] == "ours" ? "our kernels" : "llama.cpp\047s kernels"
            printf "%-50s %8.2f  %.1f ms to %.1f ms\n", "a prompt, " part[1] ", " kernels ": native / default", native / usual, native, usual
        }
    }'
