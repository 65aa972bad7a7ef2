#!/usr/bin/env bash
# Tests count.sh on closing lines as the runners print them, whole and broken off.
set -euo pipefail
cd "$(dirname "$0")/.."

sample=$(mktemp)
trap 'rm -f "$sample"' EXIT
passed=0 failed=0

# expect NAME RUNNER EXIT_STATUS "PASSED FAILED SKIPPED" <SAMPLE
expect() {
  cat >"$sample"
  local found
  found=$(scripts/count.sh "$2" "$sample" "$3")
  if [ "$found" = "$4" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'count-test: %s: expected "%s", found "%s"\n' "$1" "$4" "$found"
  fi
}

expect 'cargo sums its programs' cargo 0 '15 0 1' <<'END'
running 12 tests
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.05s

running 3 tests
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
END

expect 'cargo counts failures' cargo 101 '1 2 0' <<'END'
running 3 tests
test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
error: test failed, to rerun pass `-p kulant-model --lib`
END

expect 'a test program that dies is a failure' cargo 101 '4 1 0' <<'END'
running 9 tests
error: test failed, to rerun pass `-p kulant-store --test it`
  process didn't exit successfully: (signal: 11, SIGSEGV: invalid memory reference)
running 1 test
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
running 3 tests
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
END

expect 'a build that fails is a failure' cargo 101 '0 1 0' <<'END'
error[E0425]: cannot find value `x` in this scope
error: could not compile `kulant-care` (lib test) due to 1 previous error
END

expect 'no test at all is a failure' cargo 0 '0 1 0' <<'END'
running 0 tests
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
END

expect 'tests that skipped themselves are not called passed' cargo 0 '1 0 2' <<'END'
running 3 tests
test a ... ok
skipped: import::real_posts: KULANT_DATA is not set
test b ... skipped: import::other: KULANT_DATA is not set
ok
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
END

expect 'vitest with colours' vitest 0 '12 0 1' < <(printf '%b' \
  '\x1b[2m Test Files \x1b[22m \x1b[1m\x1b[32m4 passed\x1b[39m\x1b[22m\x1b[90m (4)\x1b[39m\n' \
  '\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m12 passed\x1b[39m\x1b[22m\x1b[2m | \x1b[22m\x1b[33m1 skipped\x1b[39m\x1b[90m (13)\x1b[39m\n')

expect 'vitest with failures' vitest 1 '11 1 0' <<'END'
 Test Files  1 failed | 3 passed (4)
      Tests  1 failed | 11 passed (12)
END

expect 'vitest with a file that cannot be read' vitest 1 '11 1 0' <<'END'
 Test Files  1 failed | 3 passed (4)
      Tests  11 passed (11)
END

expect 'vitest with an error outside the tests' vitest 1 '11 1 0' <<'END'
 Test Files  3 passed (3)
      Tests  11 passed (11)
     Errors  1 error
END

expect 'vitest that found nothing' vitest 0 '0 1 0' <<'END'
No test files found, exiting with code 0
END

expect 'browser tests that die before their counts' vitest 1 '0 1 0' <<'END'
Error: browserType.launch: Executable doesn't exist at /usr/bin/chromium
END

expect 'plain' plain 0 '5 0 1' <<'END'
5 passed, 0 failed, 1 skipped
END

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
