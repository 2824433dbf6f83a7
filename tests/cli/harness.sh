# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What every CLI test sources. A test is a script tests/cli/test_<what>.sh:
#
#   . "$(dirname "$0")/harness.sh"      # reads the program from $1, enters an empty scratch folder
#   run spinodal frobnicate             # never stops the script; keeps status, stdout, stderr
#   expect_status 2
#   expect_stdout_empty
#   expect_stderr_lines 1
#   expect_stderr 'unknown command'     # an extended regular expression
#   finish
#
# Every expectation that does not hold is printed with what was there instead; finish exits with 1
# if there was any. `spinodal` is the program under test.
set -u
CLI_TESTS=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$CLI_TESTS/../.." && pwd)
export CLI_TESTS REPOSITORY
program=${1:?"usage: $0 PROGRAM"}
failures=0
checks=0

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
mkdir "$scratch/harness" "$scratch/work"
stdout=$scratch/harness/stdout
stderr=$scratch/harness/stderr
cd "$scratch/work" || exit 1

spinodal() {
    "$program" "$@"
}

# Run a command; what it was, its status and its output are kept for the expectations.
run() {
    command_line="$*"
    status=0
    "$@" >"$stdout" 2>"$stderr" </dev/null || status=$?
}

# killed_at BYTES FILE ARGUMENTS...: the program with these arguments, killed with -9 as soon as its journal FILE has more than BYTES. True if
# that met it at work; how many of the `kills` did is `met`.
kills=0
met=0
killed_at() {
    kills=$((kills + 1))
    least=$1
    journal=$2
    shift 2
    command_line="kill -9: $*"
    "$program" "$@" >/dev/null 2>&1 </dev/null &
    child=$!
    while kill -0 "$child" 2>/dev/null && [ "$(wc -c 2>/dev/null <"$journal" || echo 0)" -le "$least" ]; do
        sleep 0.002
    done
    kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    [ -e "$journal" ] && met=$((met + 1))
}

# more_kills NUMBER: whether some of NUMBER, or of SPN_KILLS, are left to do. On a machine that is busy elsewhere when it should look, a
# run may be over before it is met: as long as none was, more are tried.
more_kills() {
    [ "$kills" -lt "${SPN_KILLS:-$1}" ] || { [ "$met" -eq 0 ] && [ "$kills" -lt 40 ]; }
}

# Kills that come too late show nothing.
expect_kills() {
    checks=$((checks + 1))
    [ "$met" -gt 0 ] || complain "none of $kills kills met a run at work"
}

complain() {
    failures=$((failures + 1))
    printf '%s: after: %s\n' "$0" "$command_line"
    printf '  %s\n' "$1"
    if [ -n "${2:-}" ]; then
        sed 's/^/    | /' "$2" | head -n 20
    fi
}

# A small experiment that ends within a fraction of a second; tests change it with --set or sed.
experiment() {
    cat <<'YAML'
data:
  kind: gaussian
  samples: 60
  inputs: 3
  outputs: 2
  correlations: [0.9, 0.5]
  moments: exact
  seed: 1
model:
  hidden: [2, 2]
  activation: tanh
  bias: false
  init: {scale: 0.7, seed: 1}
objective:
  error: mse
sweep:
  beta: {from: 0.05, to: 0.5, points: 8, spacing: linear}
  direction: both
  seeds: 2
solver:
  method: newton
  tolerance: 1e-9
YAML
}

expect_status() {
    checks=$((checks + 1))
    [ "$status" -eq "$1" ] || complain "exit status $status instead of $1; stderr:" "$stderr"
}

expect_text() {
    checks=$((checks + 1))
    grep -Eq -e "$2" "$1" || complain "nothing in ${1##*/} matches: $2" "$1"
}

expect_no_text() {
    checks=$((checks + 1))
    if grep -Eq -e "$2" "$1"; then
        complain "something in ${1##*/} matches: $2" "$1"
    fi
}

expect_stdout() {
    expect_text "$stdout" "$1"
}

expect_stderr() {
    expect_text "$stderr" "$1"
}

expect_stdout_empty() {
    checks=$((checks + 1))
    [ ! -s "$stdout" ] || complain "stdout is not empty:" "$stdout"
}

expect_stderr_empty() {
    checks=$((checks + 1))
    [ ! -s "$stderr" ] || complain "stderr is not empty:" "$stderr"
}

expect_stdout_lines() {
    checks=$((checks + 1))
    lines=$(wc -l <"$stdout")
    [ "$lines" -eq "$1" ] || complain "$lines lines in stdout instead of $1:" "$stdout"
}

expect_stderr_lines() {
    checks=$((checks + 1))
    lines=$(wc -l <"$stderr")
    [ "$lines" -eq "$1" ] || complain "$lines lines in stderr instead of $1:" "$stderr"
}

# A failure as users should see it: this status, nothing on stdout, one line that matches.
expect_failure() {
    expect_status "$1"
    expect_stdout_empty
    expect_stderr_lines 1
    expect_stderr "$2"
}

expect_file() {
    checks=$((checks + 1))
    [ -s "$1" ] || complain "the file $1 is missing or empty"
}

expect_no_file() {
    checks=$((checks + 1))
    [ ! -e "$1" ] || complain "the file $1 exists"
}

# Nothing half-written: the folder holds these entries and no others.
expect_folder() {
    checks=$((checks + 1))
    folder=$1
    shift
    found=$(ls -A "$folder" | sort | tr '\n' ' ')
    wanted=$(if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi | sort | tr '\n' ' ')
    [ "$found" = "$wanted" ] || complain "the folder $folder holds '$found' instead of '$wanted'"
}

expect_same() {
    checks=$((checks + 1))
    cmp "$1" "$2" >"$scratch/harness/cmp" 2>&1 || complain "$1 and $2 differ:" "$scratch/harness/cmp"
}

finish() {
    printf '%s checks, %s failures\n' "$checks" "$failures"
    [ "$checks" -gt 0 ] && [ "$failures" -eq 0 ]
    exit
}
