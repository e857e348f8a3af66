# Sourced by the scripts that run tests: steps that count what passed and failed.
# shellcheck shell=bash

passed=0
failed=0
step_log=$(mktemp)
trap 'rm -f "$step_log"' EXIT

# check <what> <command...>: one check; the command's output is shown only when it fails.
check() {
  local start=$SECONDS
  echo "== $1"
  if "${@:2}" >"$step_log" 2>&1; then
    passed=$((passed + 1))
    echo "   ok ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    grep -vE "^\[[0-9]+/[0-9]+\] " "$step_log" | tail -n 200 || true
    echo "   FAILED: $1"
    return 0
  fi
}

# check_all <command...>: a command that writes "ok - what" and "not ok - what" counts as those.
check_all() {
  local status=0
  "$@" >"$step_log" 2>&1 || status=$?
  cat "$step_log"
  passed=$((passed + $(grep -c '^ok - ' "$step_log" || true)))
  local bad
  bad=$(grep -c '^not ok - ' "$step_log" || true)
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  failed=$((failed + bad))
}

# configure <build folder> <cmake options...>
configure() {
  local -a options=(-G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
  ! command -v ccache >/dev/null ||
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  # shellcheck disable=SC2086  # CMAKE_ARGS is a list of words
  cmake -S . -B "$1" "${options[@]}" "${@:2}" ${CMAKE_ARGS:-}
}

# build_and_test <build folder> <cmake options...>
build_and_test() {
  local build=$1 before=$failed
  check "configures $build" configure "$@"
  check "builds $build" cmake --build "$build" --parallel "$(nproc)"
  [ "$failed" -eq "$before" ] || return 0
  echo "== tests of $build"
  local log=$build/Testing/Temporary/LastTest.log
  rm -f "$log"
  ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" || true
  if [ -s "$log" ]; then
    count_tests "$log"
  else
    echo "   FAILED: ctest left no log"
    failed=$((failed + 1))
  fi
}

# count_tests <ctest log>: adds doctest's test cases and the "ok -" lines of scripts. An entry that
# reports neither counts as one test, and one that failed (crashed, timed out) as a failure at least.
count_tests() {
  local counts
  counts=$(awk '
    function finish() {
      if (!entry) return
      if (bad && nok == 0) nok = 1
      if (!bad && ok + nok == 0) ok = 1
      passed += ok; failed += nok
    }
    /^[0-9]+\/[0-9]+ Test(ing)?: / { if (/Testing: /) { finish(); entry = 1; ok = nok = bad = 0 } }
    /^\[doctest\] test cases: / { split($0, part, "|"); ok += part[2]; nok += part[3] }
    /^ok - / { ok++ }
    /^not ok - / { nok++ }
    /^Test Failed\./ { bad = 1 }
    /^Test (time out|timed out)/ { bad = 1 }
    END { finish(); print passed + 0, failed + 0 }' "$1")
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# close: the last line and the exit code.
close() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
