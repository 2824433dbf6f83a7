#!/bin/sh
# SPDX-License-Identifier: MIT
# What every command line program owes its user, whatever its commands are.
. "$(dirname "$0")/harness.sh"

run spinodal --version
expect_status 0
expect_stdout '^spinodal [0-9]+\.[0-9]+\.[0-9]+'
expect_stderr_empty

run spinodal --help
expect_status 0
expect_stderr_empty
for command in reproduce sweep slice geometry check theory data export plot; do
    expect_stdout "(^|[^a-z])$command([^a-z]|\$)"
done

for command in reproduce sweep slice geometry check theory data export plot; do
    run spinodal "$command" --help
    expect_status 0
    expect_stdout "spinodal $command"
    expect_stderr_empty
done

run spinodal
expect_status 2
expect_stdout_empty
expect_stderr 'usage|--help'

run spinodal frobnicate
expect_failure 2 "frobnicate"

# A near miss names what was probably meant.
run spinodal swep
expect_failure 2 'sweep'

run spinodal --frobnicate
expect_failure 2 'frobnicate'

run spinodal sweep --frobnicate
expect_failure 2 'frobnicate'

run spinodal sweep
expect_failure 2 'EXPERIMENT|experiment'

run spinodal sweep no-such-file.yaml
expect_status 5
expect_stdout_empty
expect_stderr_lines 1
expect_stderr 'no-such-file.yaml'

expect_folder .
# Numbers beyond what a flag takes: its own range, as soon as it is read.
run spinodal transitions no.h5 --min-jump x
expect_failure 2 "--min-jump: expected a number from 0 to 1, got 'x'"
run spinodal transitions no.h5 --min-jump 1.5
expect_failure 2 "--min-jump: expected a number from 0 to 1, got '1.5'"
for threads in -1 4097 x; do
    run spinodal sweep no.yaml --threads=$threads
    expect_failure 2 "--threads: expected an integer from 0 to 4096, got '$threads'"
done
run spinodal geometry no.yaml --beta x
expect_failure 2 "--beta: expected a number from 0 to 1e\+150, got 'x'"
finish
