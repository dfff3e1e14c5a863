#!/bin/sh
# Builds llama.cpp's own server in target/llama-server, from the sources inside the source distribution of a Python
# package, with the instruction set that the engine has by default (AVX2), and prints where the program is. Takes
# about fifteen minutes on two cores, once. Needs Python with pip, CMake and a C++ compiler.
set -eu
cd "$(dirname "$0")/.."
folder=target/llama-server
program=$folder/build/bin/llama-server
if [ ! -x "$program" ]; then
    mkdir -p "$folder/source"
    if [ ! -e "$folder/source/CMakeLists.txt" ]; then
        python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$folder" llama-cpp-python >&2
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
