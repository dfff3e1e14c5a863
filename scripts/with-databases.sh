#!/usr/bin/env bash
# Runs a command beside a PostgreSQL and a MariaDB of its own: private, empty, on loopback, in a folder that is
# thrown away. The command finds them by HANDYMAN_TEST_POSTGRES and HANDYMAN_TEST_MARIADB; one that cannot be
# had is left out, with a word about it.
#
#     scripts/with-databases.sh cargo test
set -euo pipefail

folder=$(mktemp -d)
chmod 755 "$folder"
# Bash 3.2 takes an empty list for an unset name: hence `${list[@]+…}`.
pids=()
stop() {
    for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
    # A server that was still starting may not have heard it; its data is thrown away in any case.
    for _ in $(seq 50); do
        kill -0 ${pids[@]+"${pids[@]}"} 2>/dev/null || break
        sleep 0.1
    done
    for pid in ${pids[@]+"${pids[@]}"}; do kill -9 "$pid" 2>/dev/null || true; done
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

# Below 32768, where systems begin to give ports to whoever connects.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12768))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# Waits until a command succeeds; not if the server is gone before.
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

# on_a_port SERVE READY: starts a server by `SERVE PORT` and waits for `READY PORT`; with another port where somebody took
# the first one in the meantime. READY has to tell this server from that of somebody else. Leaves the port in `port`.
on_a_port() {
    local last
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        "$1" "$port" &
        pids+=($!)
        disown
        await $! "$2" "$port" && return
        last=$((${#pids[@]} - 1))
        # One that is there and does not answer is no matter of its port; one that is gone needs no stopping.
        ! kill -0 "${pids[last]}" 2>/dev/null || return 1
        unset "pids[last]"
    done
    return 1
}

serve_postgres() {
    cd / && exec ${as_user[@]+"${as_user[@]}"} "$(find_program postgres)" -D "$folder/postgres" -p "$1" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off >>"$folder/postgres.log" 2>&1
}

# The server says in its own folder that it is ready.
postgres_is_ready() {
    grep -q '^ready' "$folder/postgres/postmaster.pid" && "$(find_program pg_isready)" -h 127.0.0.1 -p "$1" -U tester
}

start_postgres() {
    local initdb port
    initdb=$(find_program initdb) && find_program postgres >/dev/null || return 1
    mkdir "$folder/postgres" && chown "$owner" "$folder/postgres"
    (cd / && ${as_user[@]+"${as_user[@]}"} "$initdb" -D "$folder/postgres" -U tester --auth=trust -E UTF8 --locale=C \
        --no-sync) >"$folder/postgres.log" 2>&1 || return 1
    on_a_port serve_postgres postgres_is_ready || return 1
    export HANDYMAN_TEST_POSTGRES="postgres://tester@127.0.0.1:$port/postgres"
}

serve_mariadb() {
    exec "$(find_program mariadbd)" --no-defaults --user="$owner" --datadir="$folder/mariadb" --port="$1" \
        --bind-address=127.0.0.1 --socket="$folder/mariadb/socket" --skip-name-resolve=0 \
        --innodb-flush-log-at-trx-commit=0 >>"$folder/mariadb.log" 2>&1
}

# The socket in its own folder comes after the port.
mariadb_is_ready() {
    [ -S "$folder/mariadb/socket" ] && (exec 3<>"/dev/tcp/127.0.0.1/$1")
}

start_mariadb() {
    local setup port
    setup=$(find_program mariadb-install-db) && find_program mariadbd >/dev/null || return 1
    mkdir "$folder/mariadb" && chown "$owner" "$folder/mariadb"
    "$setup" --no-defaults --user="$owner" --datadir="$folder/mariadb" --auth-root-authentication-method=normal \
        --skip-test-db >"$folder/mariadb.log" 2>&1 || return 1
    on_a_port serve_mariadb mariadb_is_ready || return 1
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
