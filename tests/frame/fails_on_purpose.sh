#!/bin/sh
# SPDX-License-Identifier: MIT
# The program given must fail with status 1 and say which test failed.
status=0
output=$("$1" 2>&1) || status=$?
printf 'exit status %s; output (of a failure that is wanted):\n' "$status"
printf '%s\n' "$output" | sed 's/^/    | /'
[ "$status" -eq 1 ] && printf '%s\n' "$output" | grep -q 'FAILED.*test_wrong'
