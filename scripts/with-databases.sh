#!/usr/bin/env bash
# Runs a command beside a PostgreSQL and a MariaDB of its own: private, empty, on loopback, in a folder that is
# thrown away. The command finds them by HANDYMAN_TEST_POSTGRES and HANDYMAN_TEST_MARIADB; one that cannot be
# had is left out, with a word about it.
#
#     scripts/with-databases.sh cargo test
set -euo pipefail

folder=$(mktemp -d)
chmod 755 "$folder"
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    # A server that was still starting may not have heard it; its data is thrown away in any case.
    for _ in $(seq 50); do
        kill -0 "${pids[@]}" 2>/dev/null || break
        sleep 0.1
    done
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap stop EXIT

# Servers refuse to run as root: then they run as nobody.
as_user=()
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    owner=nobody
    as_user=(setpriv --reuid=nobody --regid="$(id -gn nobody)" --clear-groups)
fi

find_program() {
    command -v "$1" 2>/dev/null && return
    for found in /usr/lib/postgresql/*/bin/"$1" /usr/sbin/"$1" /usr/local/sbin/"$1" /opt/homebrew/opt/*/bin/"$1"; do
        [ -x "$found" ] && { echo "$found"; return; }
    done
    return 1
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# Waits until a command succeeds or the server is gone.
await() {
    local pid=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

start_postgres() {
    local initdb server port
    initdb=$(find_program initdb) && server=$(find_program postgres) || return 1
    mkdir "$folder/postgres" && chown "$owner" "$folder/postgres"
    (cd / && "${as_user[@]}" "$initdb" -D "$folder/postgres" -U tester --auth=trust -E UTF8 --locale=C --no-sync) \
        >"$folder/postgres.log" 2>&1 || return 1
    port=$(free_port)
    (cd / && exec "${as_user[@]}" "$server" -D "$folder/postgres" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c fsync=off) >>"$folder/postgres.log" 2>&1 &
    pids+=($!)
    disown
    await $! "$(find_program pg_isready)" -h 127.0.0.1 -p "$port" -U tester || return 1
    export HANDYMAN_TEST_POSTGRES="postgres://tester@127.0.0.1:$port/postgres"
}

start_mariadb() {
    local setup server port
    setup=$(find_program mariadb-install-db) && server=$(find_program mariadbd) || return 1
    mkdir "$folder/mariadb" && chown "$owner" "$folder/mariadb"
    "$setup" --no-defaults --user="$owner" --datadir="$folder/mariadb" --auth-root-authentication-method=normal \
        --skip-test-db >"$folder/mariadb.log" 2>&1 || return 1
    port=$(free_port)
    "$server" --no-defaults --user="$owner" --datadir="$folder/mariadb" --port="$port" --bind-address=127.0.0.1 \
        --socket="$folder/mariadb/socket" --skip-name-resolve=0 --innodb-flush-log-at-trx-commit=0 \
        >>"$folder/mariadb.log" 2>&1 &
    pids+=($!)
    disown
    await $! bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || return 1
    export HANDYMAN_TEST_MARIADB="mysql://root@127.0.0.1:$port/mysql"
}

for server in postgres mariadb; do
    "start_$server" && continue
    echo "There is no $server to test with; its tests are skipped." >&2
    [ ! -f "$folder/$server.log" ] || tail -n 5 "$folder/$server.log" >&2
done

status=0
"$@" || status=$?
exit "$status"
