#!/bin/sh
# Installs MCP servers that we did not write, to test with, into target/mcp-servers. Those that cannot be had are left
# out, and their tests say so. Does nothing where they are there. With --there it only says which are there.
set -u

folder=$(cd "$(dirname "$0")/.." && pwd)/target/mcp-servers
mkdir -p "$folder"
npm_version=2026.8.31
pip_version=2026.10.19

# What the tests start.
is_there() {
    case $1 in
        time) [ -x "$folder/python/bin/mcp-server-time" ] ;;
        *) [ -e "$folder/node_modules/@modelcontextprotocol/server-$1/dist/index.js" ] ;;
    esac
}

if [ "${1:-}" = --there ]; then
    there="" missing=""
    for name in filesystem everything time; do
        if is_there "$name"; then there="$there $name"; else missing="$missing $name"; fi
    done
    echo "MCP reference servers that the tests had:${there:- none}; that they had not, and skipped:${missing:- none}"
    exit 0
fi

packages=""
for name in filesystem everything; do
    is_there "$name" ||
        packages="$packages @modelcontextprotocol/server-$name@$npm_version"
done
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # the list is meant to be split
    npm install --silent --no-audit --no-fund --prefix "$folder" $packages >&2 ||
        echo "The MCP servers of npm cannot be installed; their tests are skipped." >&2
fi

if ! is_there time; then
    { python3 -m venv "$folder/python" && "$folder/python/bin/pip" install --quiet "mcp-server-time==$pip_version"; } >&2 ||
        echo "mcp-server-time of PyPI cannot be installed; its test is skipped." >&2
fi
