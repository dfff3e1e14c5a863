#!/bin/sh
# Installs MCP servers that we did not write, to test with, into target/mcp-servers. Those that cannot be had are left
# out, and their tests say so. Does nothing where they are there.
set -u

folder=$(cd "$(dirname "$0")/.." && pwd)/target/mcp-servers
mkdir -p "$folder"
npm_version=2026.8.31
pip_version=2026.10.19

packages=""
for name in filesystem everything; do
    [ -d "$folder/node_modules/@modelcontextprotocol/server-$name" ] ||
        packages="$packages @modelcontextprotocol/server-$name@$npm_version"
done
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # the list is meant to be split
    npm install --silent --no-audit --no-fund --prefix "$folder" $packages >&2 ||
        echo "The MCP servers of npm cannot be installed; their tests are skipped." >&2
fi

if ! [ -x "$folder/python/bin/mcp-server-time" ]; then
    { python3 -m venv "$folder/python" && "$folder/python/bin/pip" install --quiet "mcp-server-time==$pip_version"; } >&2 ||
        echo "mcp-server-time of PyPI cannot be installed; its test is skipped." >&2
fi
