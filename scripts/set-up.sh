#!/usr/bin/env bash
# Checks what building kulant needs and installs the C compiler if it is missing.
# Rust and Node are the reader's choice of installer: this only says which version is wanted.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
node_wanted=20.19

# at_least FOUND WANTED
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

missing=0
if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
  say "missing: Rust $rust_wanted or newer (cargo and rustc)"
  missing=1
elif ! at_least "$(rustc --version | cut -d' ' -f2)" "$rust_wanted"; then
  say "too old: $(rustc --version); kulant needs Rust $rust_wanted or newer"
  missing=1
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  say "missing: Node $node_wanted or newer, with npm"
  missing=1
elif ! at_least "$(node --version | tr -d v)" "$node_wanted"; then
  say "too old: Node $(node --version); kulant needs Node $node_wanted or newer"
  missing=1
fi
[ "$missing" -eq 0 ] || exit 1

command -v cc >/dev/null || install_packages build-essential
