#!/bin/sh
# Gets the chat templates that llama.cpp keeps (inside the source distribution of a Python package) into
# target/, and prints which dialect each is given and why. Needs Python with pip, and GNU tar.
set -eu
cd "$(dirname "$0")/.."
# The one that docs/dialects.md counts; scripts/llama-server.sh has the same.
package=llama-cpp-python==0.3.36
folder=target/templates
if [ -z "$(ls "$folder" 2>/dev/null)" ]; then
    python3 -m pip --version >/dev/null 2>&1 ||
        { echo "dialect-check needs Python 3 with pip (Debian: apt-get install python3-pip)." >&2; exit 1; }
    mkdir -p "$folder.new"
    python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$folder.new" "$package"
    mkdir -p "$folder"
    tar -xzf "$folder.new"/llama_cpp_python-*.tar.gz --directory "$folder" --strip-components=5 \
        --wildcards '*/vendor/llama.cpp/models/templates/*.jinja'
    # A real vocabulary, for the figures: HANDYMAN_VOCABULARY=target/ggml-vocab-qwen2.gguf make bench
    tar -xzf "$folder.new"/llama_cpp_python-*.tar.gz --directory target --strip-components=4 \
        --wildcards '*/vendor/llama.cpp/models/ggml-vocab-qwen2.gguf'
    rm -r "$folder.new"
fi
output=target/dialects.txt
if ! DIALECT_TEMPLATES="$PWD/$folder" cargo test --quiet --release --workspace --features handyman-model/evaluate --lib \
    every_template_of_a_folder -- --ignored --nocapture >"$output"; then
    cat "$output" >&2
    exit 1
fi
if ! grep -q ' are native$' "$output"; then
    cat "$output" >&2
    echo "The test that tries the templates out has not run." >&2
    exit 1
fi
sed -n '/^template /,/ are native$/p' "$output"
