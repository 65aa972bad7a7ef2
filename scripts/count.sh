#!/usr/bin/env bash
# Reads the log of a test runner and prints "PASSED FAILED SKIPPED".
# A runner that ended badly without a failed test, or that ran no test, counts as one failure more: silence is no success.
#
#   count.sh cargo|vitest|plain LOG EXIT_STATUS
set -euo pipefail

runner=$1 log=$2 status=$3

# Colours are for eyes.
plain=$(sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g' "$log" | tr -d '\r')

case $runner in
  cargo)
    # Each test program says "running N tests" first and "test result: ..." last; one that dies says only the first.
    # A test that finds its surroundings missing says "skipped: NAME: WHY" and returns: cargo calls that passed, we do not.
    counts=$(awk '
      /^running [0-9]+ tests?$/ { begun++ }
      /^test result: / {
        ended++
        for (i = 2; i <= NF; i++) {
          word = $i; sub(/;$/, "", word)
          if (word == "passed") passed += $(i - 1)
          if (word == "failed") failed += $(i - 1)
          if (word == "ignored") skipped += $(i - 1)
        }
      }
      /(^|\.\.\. )skipped: / { left++ }
      END {
        if (begun > ended) failed += begun - ended
        if (left > passed) left = passed
        print passed - left + 0, failed + 0, skipped + left + 0
      }' <<<"$plain")
    ;;
  vitest)
    # "      Tests  1 failed | 11 passed | 2 skipped (14)", and files that could not be read in "Test Files  1 failed | ...".
    counts=$(awk '
      function number(word,   i) { for (i = 2; i <= NF; i++) if ($i == word) return $(i - 1); return 0 }
      /^ *Tests  / { passed += number("passed"); failed += number("failed"); skipped += number("skipped") + number("todo") }
      /^ *Errors  / { failed += number("errors") + number("error") }
      END { print passed + 0, failed + 0, skipped + 0 }' <<<"$plain")
    ;;
  plain)
    # "N passed, N failed" or "N passed, N failed, N skipped", alone on a line.
    counts=$(awk '
      /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { passed += $1; failed += $3; skipped += $5 }
      END { print passed + 0, failed + 0, skipped + 0 }' <<<"$plain")
    ;;
  *)
    printf 'count.sh: no runner called %s\n' "$runner" >&2
    exit 2
    ;;
esac

read -r passed failed skipped <<<"$counts"
if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
  failed=1
fi
printf '%s %s %s\n' "$passed" "$failed" "$skipped"
