#!/bin/sh
# Gets the chat templates that llama.cpp keeps (inside the source distribution of a Python package) into
# target/, and prints which dialect each is given and why. Needs Python with pip.
set -eu
cd "$(dirname "$0")/.."
folder=target/templates
if [ -z "$(ls "$folder" 2>/dev/null)" ]; then
    mkdir -p "$folder.new"
    python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$folder.new" llama-cpp-python
    mkdir -p "$folder"
    tar -xzf "$folder.new"/llama_cpp_python-*.tar.gz --directory "$folder" --strip-components=5 \
        --wildcards '*/vendor/llama.cpp/models/templates/*.jinja'
    # A real vocabulary, for the figures: HANDYMAN_VOCABULARY=target/ggml-vocab-qwen2.gguf make bench
    tar -xzf "$folder.new"/llama_cpp_python-*.tar.gz --directory target --strip-components=4 \
        --wildcards '*/vendor/llama.cpp/models/ggml-vocab-qwen2.gguf'
    rm -r "$folder.new"
fi
DIALECT_TEMPLATES="$PWD/$folder" cargo test --quiet --release --workspace --features handyman-model/evaluate --lib \
    every_template_of_a_folder -- --ignored --nocapture | sed -n '/^template /,/ are native$/p'
