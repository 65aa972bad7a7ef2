#!/usr/bin/env bash
# Runs every test there is, on private servers of its own, and ends with the sum of all runners.
# Logs stay under target/test-logs; a failed runner's log is the place to look.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=target/test-logs
rm -rf "$logs"
mkdir -p "$logs"
work=$(mktemp -d "/tmp/kulant-test.XXXXXX")
chmod 711 "$work"

clean_up() {
  scripts/postgres.sh stop "$work/postgres" || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

names=() passes=() failures=() skips=() times=()

# step NAME RUNNER COMMAND... runs a command, shows and keeps what it prints, and counts it.
# Runner "check" stands for a command without tests: it adds nothing unless it fails.
step() {
  local name=$1 runner=$2 log=$logs/$1.log status=0 began=$SECONDS counts
  shift 2
  printf '\n== %s\n' "$name"
  { "$@" 2>&1 </dev/null || status=$?; printf '%s' "$status" >"$work/status"; } | tee "$log"
  status=$(cat "$work/status")
  if [ "$runner" = check ]; then
    counts="0 $((status != 0)) 0"
  else
    counts=$(scripts/count.sh "$runner" "$log" "$status")
  fi
  local passed failed skipped
  read -r passed failed skipped <<<"$counts"
  names+=("$name") passes+=("$passed") failures+=("$failed") skips+=("$skipped") times+=($((SECONDS - began)))
  return "$status"
}

in_desk() { (cd desk && "$@"); }

server=${CARGO_TARGET_DIR:-target}/release/kulant

# The runners are told to speak plainly, and the browser's tests to use the browser that is here.
unset FORCE_COLOR
export NO_COLOR=1 CARGO_TERM_COLOR=never

if step set-up check scripts/set-up.sh && step set-up-tests check scripts/set-up-tests.sh &&
  step postgres check scripts/postgres.sh start "$work/postgres"; then
  KULANT_CHROMIUM=$(scripts/chromium.sh)
  KULANT_TEST_POSTGRES=$(scripts/postgres.sh start "$work/postgres")
  KULANT_TEST_PDS=$(scripts/pds.sh)
  KULANT_TEST_MASTODON=$(scripts/mastodon-mock.sh)
  export KULANT_CHROMIUM KULANT_TEST_POSTGRES KULANT_TEST_PDS KULANT_TEST_MASTODON
  if [ -n "${KULANT_DATA:-}" ]; then
    KULANT_DATA=$(cd "$KULANT_DATA" && pwd)
    export KULANT_DATA
  else
    printf 'KULANT_DATA is not set: tests on recorded data will say that they are skipped\n'
  fi

  step scripts plain scripts/count-test.sh || true

  if step desk-install check in_desk npm ci --no-audit --no-fund; then
    step desk-lint check in_desk npm run lint || true
    step desk vitest in_desk npm test || true
    step desk-build check in_desk npm run build || true
  fi

  step server cargo cargo test --workspace --locked --no-fail-fast || true

  if step release check cargo build --release --locked -p kulant; then
    KULANT_BINARY=$(realpath "$server")
    export KULANT_BINARY
    step browser vitest in_desk npm run e2e || true
  fi
fi

passed=0 failed=0 skipped=0
printf '\n%-14s %8s %8s %8s %9s\n' runner passed failed skipped seconds
for i in "${!names[@]}"; do
  printf '%-14s %8d %8d %8d %9d\n' "${names[i]}" "${passes[i]}" "${failures[i]}" "${skips[i]}" "${times[i]}"
  passed=$((passed + passes[i])) failed=$((failed + failures[i])) skipped=$((skipped + skips[i]))
done

# The servers go before the last line, so that it is the last.
clean_up
trap - EXIT
printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
