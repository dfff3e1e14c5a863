#!/bin/sh
# Builds llama.cpp's own server in target/llama-server, from the sources inside the source distribution of a Python
# package, with the instruction set that the engine has by default (AVX2), and prints where the program is. Takes
# about fifteen minutes on two cores, once. Needs Python with pip, GNU tar, CMake and a C++ compiler.
set -eu
cd "$(dirname "$0")/.."
# The one that docs/figures.md names; scripts/dialect-check.sh has the same.
package=llama-cpp-python==0.3.36
folder=target/llama-server
program=$folder/build/bin/llama-server
if [ ! -x "$program" ]; then
    mkdir -p "$folder/source"
    if [ ! -e "$folder/source/CMakeLists.txt" ]; then
        python3 -m pip --version >/dev/null 2>&1 ||
            { echo "llama-server.sh needs Python 3 with pip (Debian: apt-get install python3-pip)." >&2; exit 1; }
        python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python --dest "$folder" "$package" >&2
        tar -xzf "$folder"/llama_cpp_python-*.tar.gz --directory "$folder/source" --strip-components=3 \
            --wildcards '*/vendor/llama.cpp'
        rm "$folder"/llama_cpp_python-*.tar.gz
    fi
    cmake -S "$folder/source" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=OFF \
        -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_UI=OFF \
        -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF >&2
    cmake --build "$folder/build" --target llama-server --parallel "$(nproc)" >&2
fi
echo "$PWD/$program"
