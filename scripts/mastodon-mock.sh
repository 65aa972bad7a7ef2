#!/usr/bin/env bash
# Installs the Mastodon server of the tests, once per set of versions, and prints its program.
# It is kept in the cache. Nothing is started here.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

wanted=crates/channels/tests/mastodon_mock/requirements.txt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kulant-test
versions=$(sha256sum <"$wanted" | cut -c1-16)
folder=$cache/mastodon-mock-$versions

if [ ! -e "$folder/installed" ]; then
  # Debian leaves out of Python what an environment of its own needs.
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
  say "installing a Mastodon server for the tests"
  mkdir -p "$cache"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # Its programs know where they stand, so that it cannot be made elsewhere and moved.
  exec 9>"$folder.lock"
  flock 9
  if [ ! -e "$folder/installed" ]; then
    rm -rf "$folder"
    if ! { python3 -m venv "$folder" &&
      "$folder/bin/pip" install --disable-pip-version-check --no-input --requirement "$wanted"; } >"$log" 2>&1; then
      cat "$log" >&2
      exit 1
    fi
    touch "$folder/installed"
  fi
fi
printf '%s\n' "$folder/bin/mastodon_mock"
