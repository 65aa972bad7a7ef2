#!/usr/bin/env bash
# Starts a debug server and the desk's development server together; both end with this script.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked -p kulant
started=()
end() {
  trap - EXIT INT TERM
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait || true
}
trap end EXIT INT TERM

"${CARGO_TARGET_DIR:-target}/debug/kulant" demo --data kulant-data/dev &
started+=($!)
(cd desk && exec npm run dev) &
started+=($!)
# Whichever ends first ends the other.
wait -n || true
