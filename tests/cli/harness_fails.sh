#!/bin/sh
# SPDX-License-Identifier: MIT
# The harness must see what is wrong: each expectation is run once on a command for which it does not
# hold. /bin/sh stands in for the program.
set -- /bin/sh
. "$(dirname "$0")/harness.sh"

touch here
wrong() {
    before=$failures
    "$@" >"$scratch/harness/message"
    if [ "$failures" -ne $((before + 1)) ] || [ ! -s "$scratch/harness/message" ]; then
        printf 'not noticed: %s\n' "$*"
        exit 1
    fi
}

run spinodal -c 'echo one; echo two; echo three >&2; exit 3'
wrong expect_status 2
wrong expect_stdout 'four'
wrong expect_stderr '^one$'
wrong expect_stdout_empty
wrong expect_stderr_empty
wrong expect_stdout_lines 1
wrong expect_stderr_lines 2
wrong expect_no_text "$stdout" 'tw.'
wrong expect_file missing
wrong expect_file here
wrong expect_no_file here
wrong expect_folder . other
wrong expect_folder .
wrong expect_same here "$stdout"
failures=0

expect_status 3
expect_stdout '^two$'
expect_stderr '^three$'
expect_stdout_lines 2
expect_stderr_lines 1
expect_no_text "$stdout" 'four'
expect_no_file missing
expect_folder . here
expect_same here here
run spinodal -c true
expect_status 0
expect_stdout_empty
expect_stderr_empty
finish
