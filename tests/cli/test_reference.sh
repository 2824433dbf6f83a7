#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/reference.md is what the program prints; the help of all keys and the page hold every key of every option table.
. "$(dirname "$0")/harness.sh"

run spinodal help reference
expect_status 0
cp "$stdout" printed.md
expect_same printed.md "$REPOSITORY/docs/reference.md"

run spinodal help keys
expect_status 0
cp "$stdout" help.txt
sed -n 's/^| `\([a-z]*\)\.\([a-z0-9_.]*\)` |.*/\2/p' printed.md >keys.txt
run wc -l keys.txt
expect_stdout '^ *([4-9][0-9]|1[0-9][0-9])'
while read -r key; do
    run grep -E "^  $key  +" help.txt
    expect_status 0
done <keys.txt
finish
