#!/bin/sh
# SPDX-License-Identifier: MIT
# Pages for man(1): one for the program and one for each command, with all flags and keys, as formatters want them.
. "$(dirname "$0")/harness.sh"

run sh "$REPOSITORY/tools/make_manual.sh" manual "$program"
expect_status 0
spinodal help reference >reference.md
sed -n 's/^### spinodal //p' reference.md >commands
while read -r command; do
    expect_file "manual/man1/spinodal-$command.1"
    expect_text manual/man1/spinodal.1 "^\\.B spinodal.?.?$command\\(1\\)"
done <commands
run sh -c 'ls manual/man1 | wc -l'
expect_stdout "^ *$(($(wc -l <commands) + 1))\$"

# Every key of an experiment is on the program's page, every flag on that of its command.
sed -n 's/^| `\([a-z]*\.[a-z0-9_.]*\)` |.*/\1/p' reference.md >keys
while read -r key; do
    expect_text manual/man1/spinodal.1 "^\\.B $key\$"
done <keys
run grep -c '^\.B .*force' manual/man1/spinodal-sweep.1
expect_stdout '^1$'

# Formatters have nothing to complain of, where they are installed.
if command -v mandoc >/dev/null 2>&1; then
    # The pages have no date: what is built from the same sources is the same.
    run sh -c 'mandoc -T lint -W warning manual/man1/*.1 | grep -v "missing date"'
    expect_stdout_empty
fi
if command -v groff >/dev/null 2>&1; then
    for page in manual/man1/*.1; do
        run groff -ww -man -T utf8 -z "$page"
        expect_status 0
        expect_stderr_empty
    done
fi
if command -v man >/dev/null 2>&1 && man --help 2>/dev/null | grep -q -e --warnings; then
    run env MANWIDTH=100 man --warnings -P cat -l manual/man1/spinodal-sweep.1
    expect_status 0
    expect_stderr_empty
fi
finish
