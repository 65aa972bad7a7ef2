#!/usr/bin/env bash
# Prints the path of the Chromium that the browser tests drive: KULANT_CHROMIUM, else the first one installed.
set -euo pipefail

for candidate in "${KULANT_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$candidate" ] && found=$(command -v "$candidate"); then
    printf '%s\n' "$found"
    exit 0
  fi
done
printf 'no Chromium found: install the package chromium or name one in KULANT_CHROMIUM\n' >&2
exit 1
