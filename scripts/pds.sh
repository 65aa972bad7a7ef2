#!/usr/bin/env bash
# Installs the real Bluesky server of the tests, once per set of versions, and prints its folder.
# It is kept in the cache: building its database driver takes minutes. Nothing is started here.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

wanted=crates/kulant/tests/pds
# Another Node wants another build of the driver.
versions=$( (cat "$wanted/package.json" "$wanted/package-lock.json" && node --version) | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/kulant-test/pds-$versions

if [ ! -e "$folder/installed" ]; then
  if ! command -v g++ >/dev/null || ! command -v make >/dev/null; then install_packages build-essential; fi
  command -v python3 >/dev/null || install_packages python3
  say "installing a Bluesky server for the tests: this takes some minutes, once"
  mkdir -p "${folder%/*}"
  made=$(mktemp -d "${folder%/*}/pds-XXXXXX")
  trap 'rm -rf "$made"' EXIT
  cp "$wanted/package.json" "$wanted/package-lock.json" "$made/"
  # Node's headers lie beside it as a rule; where they do not, npm fetches them.
  beside=$(dirname "$(dirname "$(realpath "$(command -v node)")")")
  if [ -e "$beside/include/node/node_api.h" ]; then export npm_config_nodedir=$beside; fi
  log=$made/install.log
  if ! (cd "$made" && npm ci --omit=dev --no-audit --no-fund >"$log" 2>&1); then
    cat "$log" >&2
    exit 1
  fi
  touch "$made/installed"
  # Whoever was faster has the same.
  [ -e "$folder" ] || mv -T "$made" "$folder"
fi
printf '%s\n' "$folder"
