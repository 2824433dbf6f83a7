#!/bin/sh
# SPDX-License-Identifier: MIT
# Help is short first, keys of an experiment come by section; every command, flag, section and key is somewhere.
. "$(dirname "$0")/harness.sh"

run spinodal help reference
cp "$stdout" reference.md
sed -n 's/^### spinodal //p' reference.md >commands
sed -n 's/^| `\([a-z]*\)\.\([a-z0-9_.]*\)` |.*/\1 \2/p' reference.md >keys
cut -d ' ' -f 1 keys | uniq >sections
run wc -l commands sections keys
expect_stdout '^ *1[2-9] commands'
expect_stdout '^ *([89]|1[0-9]) sections'

# Names of files and of targets apart, a screen holds what is said of a command, in lines that a terminal holds.
while read -r command; do
    run spinodal "$command" --help
    expect_status 0
    expect_stderr_empty
    expect_stdout "^usage: spinodal $command"
    run awk 'length > 79 && !/usage:|SECTION/ { bad = 1; print } END { exit bad || NR > 90 }' "$stdout"
    expect_status 0
    run spinodal help "$command"
    expect_stdout "^usage: spinodal $command"
done <commands

while read -r section; do
    run spinodal sweep --help "$section"
    expect_status 0
    expect_stdout "^$section: "
    expect_no_text "$stdout" '^usage'
    cp "$stdout" help.txt
    run spinodal sweep e.yaml --help "$section"
    cp "$stdout" again.txt
    expect_same help.txt again.txt
    sed -n "s/^$section //p" keys >own
    while read -r key; do
        expect_text help.txt "^  $key +"
    done <own
    run grep -c '^  [a-z]' help.txt
    expect_stdout "^$(wc -l <own)\$"
    run spinodal help "$section"
    expect_status 0
    expect_stdout "^$section: "
done <sections
run spinodal sweep --help keys
cp "$stdout" help.txt
run grep -c '^[a-z]*: ' help.txt
expect_stdout "^$(wc -l <sections)\$"
run spinodal help keys
cp "$stdout" again.txt
expect_same help.txt again.txt

# A section that is a command, too, has both.
run spinodal help data
expect_stdout '^usage: spinodal data'
expect_stdout '^data: '
run spinodal help frobnicate
expect_failure 2 "no command, no section and no key of an experiment has to do with 'frobnicate'"
run spinodal help man frobnicate
expect_failure 2 'unknown command'
run spinodal help modl
expect_failure 2 "has to do with 'modl'; did you mean 'model'"

# Any other word: the keys that it is part of, in all sections, and no others.
run spinodal help beta
expect_status 0
expect_stdout "^keys of an experiment with 'beta' "
spinodal help reference | sed -n 's/^| `\([a-z_]*\.[a-z_.]*beta[a-z_.]*\)` |.*/\1/p' >beta_keys
checks=$((checks + 1))
[ "$(grep -c '^  [a-z_.]*beta[a-z_.]* ' "$stdout")" -eq "$(wc -l <beta_keys)" ] || complain 'not the keys with beta:' beta_keys
expect_no_text "$stdout" '^  (samples|hidden|method) '
cp "$stdout" help.txt
run spinodal sweep --help beta
cp "$stdout" again.txt
expect_same help.txt again.txt
run spinodal help sweep.beta.points
expect_stdout '^  beta\.points '
expect_no_text "$stdout" 'beta\.from'
finish
