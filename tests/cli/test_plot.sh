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

# A signal ends it while gnuplot hangs, and gnuplot with it; also where one request comes as several signals,
# as timeout(1) and batch systems send it: to the process, then to its group.
mkdir bin
printf '#!/bin/sh\n: >"%s"\nexec sleep 300\n' "$PWD/started" >bin/gnuplot
chmod +x bin/gnuplot
experiment >run.yaml
run spinodal sweep run.yaml -o run.h5
expect_status 0
PATH="$PWD/bin:$PATH" "$program" plot run.h5 -o hanging 2>told </dev/null &
plotting=$!
while kill -0 $plotting 2>/dev/null && [ ! -e started ]; do
    sleep 0.05
done
signals=0
while kill -TERM $plotting 2>/dev/null && [ $signals -lt 2000 ]; do
    signals=$((signals + 1))
done
status=0
wait $plotting || status=$?
command_line='plot, ended while gnuplot hangs'
expect_status 130
cp told "$stderr"
expect_stderr_lines 1
expect_stderr 'interrupted'
expect_folder hanging
finish
