#!/bin/sh
# Installs what building llama.cpp needs, or says what to install. With --tests also what tests want beside it:
# PostgreSQL, MariaDB, Node and Python's venv, and MCP servers that we did not write. Does nothing where it is there.
set -eu

as_root=""
can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null 2>&1 || return 1
    as_root="sudo"
}

# Installs Debian packages.
install() {
    echo "Installing $* …" >&2
    $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=""
command -v cmake >/dev/null 2>&1 || missing="$missing cmake"
command -v c++ >/dev/null 2>&1 || missing="$missing g++"

# The library, and the headers of its own (stddef.h and the like), which the library alone does not bring.
has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    library="" headers=""
    for folder in /usr/lib/llvm*/lib /usr/lib/*-linux-gnu /usr/lib64 /usr/lib \
        /opt/homebrew/opt/llvm/lib /usr/local/opt/llvm/lib \
        /Library/Developer/CommandLineTools/usr/lib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib; do
        for file in "$folder"/clang/*/include/stddef.h; do
            [ -e "$file" ] && headers=$file
        done
        for file in "$folder"/libclang.so "$folder"/libclang.so.[0-9]* "$folder"/libclang-[0-9]*.so* "$folder"/libclang.dylib; do
            [ -e "$file" ] && library=$file
        done
    done
    [ -n "$library" ] && [ -n "$headers" ]
}
has_libclang || missing="$missing libclang-dev"

if [ -n "$missing" ]; then
    if [ "$(uname -s)" = Darwin ]; then
        echo "Handyman needs:$missing. Install them with: xcode-select --install && brew install cmake" >&2
        exit 1
    fi
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Handyman needs:$missing. Install them with your package manager (libclang-dev may be called clang-devel)." >&2
        exit 1
    fi
    can_install || { echo "Handyman needs:$missing. Install them as root: apt-get install$missing" >&2; exit 1; }
    # shellcheck disable=SC2086 # the list is meant to be split
    install $missing
fi

[ "${1:-}" = --tests ] || exit 0

# From here on nothing is needed: tests say what they had to leave out.
has_program() {
    for found in "$(command -v "$1" 2>/dev/null)" /usr/lib/postgresql/*/bin/"$1" /usr/sbin/"$1" /usr/local/sbin/"$1" \
        /opt/homebrew/opt/*/bin/"$1"; do
        [ -x "$found" ] && return 0
    done
    return 1
}

# Each by itself, so that one that cannot be had takes no other with it.
want() {
    if can_install && install "$@"; then return 0; fi
    echo "$* cannot be installed; the tests that want it are skipped." >&2
}

# Debian's package makes a cluster and starts it. Tests start servers of their own, so it is told not to for that time.
want_postgresql() {
    mark="# while Handyman's set-up installs the programs"
    settings=/etc/postgresql-common/createcluster.conf
    if can_install && install postgresql-common &&
        echo "create_main_cluster = false $mark" | $as_root tee -a "$settings" >/dev/null; then
        want postgresql
        $as_root sed -i "/$mark/d" "$settings"
    else
        echo "postgresql cannot be installed; the tests that want it are skipped." >&2
    fi
}

{ has_program initdb && has_program postgres; } || want_postgresql
{ has_program mariadbd && has_program mariadb-install-db && has_program my_print_defaults; } ||
    want mariadb-server-core mariadb-client-core
{ command -v node && command -v npm; } >/dev/null 2>&1 || want nodejs npm
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || want python3-venv

exec "$(dirname "$0")"/mcp-servers.sh
