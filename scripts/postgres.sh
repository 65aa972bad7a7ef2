#!/usr/bin/env bash
# Starts and stops a private PostgreSQL server for tests and benches: own folder, own free port, never 5432.
# Anybody on this machine may connect to it: keep nothing in it.
#
#   postgres.sh start [FOLDER]   starts it (or finds it running) and prints its address, postgres://...
#   postgres.sh stop [FOLDER]    stops it and removes the folder
set -euo pipefail

command=${1:-}
folder=$(realpath -m -- "${2:-${TMPDIR:-/tmp}/kulant-postgres-$(id -u)}")

say() { printf '%s\n' "$*" >&2; }
stop_with() { say "postgres.sh: $*"; exit 1; }

# The newest installed server wins; a path that Debian's wrapper would guard with a cluster of its own.
programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
if [ ! -x "$programs/initdb" ]; then
  programs=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
fi
[ -x "$programs/initdb" ] || stop_with "no PostgreSQL server programs found: run scripts/set-up-tests.sh"

# initdb and postgres refuse root, so root lends the server to somebody without rights.
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
  owner=nobody
  if id postgres >/dev/null 2>&1; then owner=postgres; fi
fi

as_owner() {
  if [ "$(id -un)" = "$owner" ]; then
    (cd / && "$@")
  else
    (cd / && runuser -u "$owner" -- "$@")
  fi
}

running() { [ -s "$folder/cluster/postmaster.pid" ] && as_owner "$programs/pg_ctl" status -D "$folder/cluster" >/dev/null 2>&1; }

address() { printf 'postgres://kulant@127.0.0.1:%s/kulant\n' "$(sed -n 4p "$folder/cluster/postmaster.pid")"; }

# Below the range that outgoing connections are taken from, so that nothing else is handed the port meanwhile.
pick_port() {
  local port
  while :; do
    port=$((15000 + RANDOM % 17000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s\n' "$port"
}

create() {
  if [ -e "$folder" ]; then
    local holder
    holder=$(stat -c %U "$folder")
    [ "$holder" = "$owner" ] || stop_with "$folder belongs to $holder: name another folder"
  else
    mkdir -p "$(dirname "$folder")"
    mkdir -m 700 "$folder"
    chown "$owner" "$folder"
  fi
  as_owner test -w "$folder" || stop_with "$owner cannot reach $folder: name a folder under /tmp"
  # A socket's path may have 107 bytes; ours adds a name of up to 20.
  [ ${#folder} -le 80 ] || stop_with "$folder is too long for a socket's path: name a shorter one"
  as_owner rm -rf "$folder/cluster"
  as_owner "$programs/initdb" -D "$folder/cluster" -U kulant -A trust \
    --encoding=UTF8 --locale=C.UTF-8 --no-instructions >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; stop_with "initdb failed"; }
  rm -f "$folder.log"
  as_owner tee -a "$folder/cluster/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
shared_buffers = 64MB
work_mem = 8MB
maintenance_work_mem = 32MB
min_wal_size = 80MB
max_wal_size = 512MB
max_parallel_workers_per_gather = 0
jit = off
timezone = 'UTC'
lc_messages = 'C'
CONF
}

start() {
  if running; then
    address
    return
  fi
  create
  local tries=0
  until as_owner "$programs/pg_ctl" start -D "$folder/cluster" -w -t 60 -s \
    -l "$folder/log" -o "-p $(pick_port)" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 5 ] || ! as_owner grep -q 'Address already in use' "$folder/log"; then
      as_owner cat "$folder/log" >&2 || true
      stop_with "the server does not start"
    fi
    as_owner rm -f "$folder/log"
  done
  as_owner "$programs/createdb" -h "$folder" -p "$(sed -n 4p "$folder/cluster/postmaster.pid")" -U kulant kulant
  address
}

stop() {
  [ -e "$folder" ] || return 0
  if [ ! -e "$folder/cluster" ] && [ -n "$(ls -A "$folder")" ]; then
    stop_with "$folder holds no server of ours: left as it is"
  fi
  if running; then
    as_owner "$programs/pg_ctl" stop -D "$folder/cluster" -m fast -w -t 30 -s >/dev/null 2>&1 ||
      as_owner "$programs/pg_ctl" stop -D "$folder/cluster" -m immediate -w -t 30 -s >/dev/null
  fi
  rm -rf "$folder"
}

case $command in
  start) start ;;
  stop) stop ;;
  *) stop_with "say start or stop, and a folder if you like" ;;
esac
