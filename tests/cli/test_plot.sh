#!/bin/sh
# SPDX-License-Identifier: MIT
# `plot` names the file whose results it cannot draw, and leaves no figure behind.
. "$(dirname "$0")/harness.sh"

# Written by spn_results_write(): a table "points" with all columns of a sweep and no rows.
cp "$CLI_TESTS/no_points.h5" empty.h5
run spinodal plot empty.h5 -o figures
expect_status 3
expect_stderr_lines 1
expect_stderr 'empty\.h5: these results hold no points'
checks=$((checks + 1))
[ ! -e figures/fig2.gp ] || complain "figures/fig2.gp was left behind"

# A signal ends it while gnuplot hangs, and gnuplot with it.
mkdir bin
printf '#!/bin/sh\nsleep 300\n' >bin/gnuplot
chmod +x bin/gnuplot
experiment >run.yaml
run spinodal sweep run.yaml -o run.h5
expect_status 0
run timeout -k 60 -s TERM 2 env PATH="$PWD/bin:$PATH" "$program" plot run.h5 -o hanging
checks=$((checks + 1))
[ "$status" -eq 124 ] || complain "ended with $status instead of by the signal"
expect_stderr 'interrupted'
expect_folder hanging
finish
