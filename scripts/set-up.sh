#!/bin/sh
# Installs what building llama.cpp needs, or says what to install. Does nothing where it is there.
set -eu

missing=""
command -v cmake >/dev/null 2>&1 || missing="$missing cmake"
command -v c++ >/dev/null 2>&1 || missing="$missing g++"

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    for folder in /usr/lib/llvm-*/lib /usr/lib/*-linux-gnu /usr/lib64 /usr/lib \
        /opt/homebrew/opt/llvm/lib /usr/local/opt/llvm/lib \
        /Library/Developer/CommandLineTools/usr/lib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib; do
        for file in "$folder"/libclang.so "$folder"/libclang.so.[0-9]* "$folder"/libclang-[0-9]*.so* "$folder"/libclang.dylib; do
            [ -e "$file" ] && return 0
        done
    done
    return 1
}
has_libclang || missing="$missing libclang-dev"

[ -z "$missing" ] && exit 0

if [ "$(uname -s)" = Darwin ]; then
    echo "Handyman needs:$missing. Install them with: xcode-select --install && brew install cmake" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Handyman needs:$missing. Install them with your package manager (libclang-dev may be called clang-devel)." >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Handyman needs:$missing. Install them as root: apt-get install$missing" >&2; exit 1; }
    as_root="sudo"
fi
echo "Installing$missing …" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
