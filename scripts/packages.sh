# Installs Debian packages for the other scripts; sourced, never run.
# As root by apt-get, else by sudo (which asks only if it must and only at a terminal), else it says what to install.
# shellcheck shell=bash

packages_updated=

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  elif command -v sudo >/dev/null && [ -t 0 ]; then
    sudo "$@"
  else
    return 126
  fi
}

# install_packages PACKAGE...
install_packages() {
  if ! command -v apt-get >/dev/null; then
    say "missing: $*"
    say "this is not a Debian system: install these (or what your system calls them) and start again"
    return 1
  fi
  say "installing $*"
  if [ -z "$packages_updated" ]; then
    # A source that does not answer is no reason to stop: the packages may stand in another one.
    local answer=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || answer=$?
    if [ "$answer" -eq 126 ]; then
      say "missing: $*"
      say "as root, run: apt-get update && apt-get install -y $*"
      return 1
    fi
    packages_updated=yes
  fi
  local log status=0
  log=$(mktemp)
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || status=$?
  # Debian's own words matter only when something went wrong.
  [ "$status" -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}
