#!/bin/sh
# SPDX-License-Identifier: MIT
# A sweep at a finite rate: points that are not stationary are no failure, and nothing is refined.
. "$(dirname "$0")/harness.sh"
experiment >run.yaml

run spinodal sweep run.yaml -o run.h5 --set sweep.epochs=20
expect_status 0
run spinodal export run.h5 -o points.csv
expect_status 0
run awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "stationary") s = i; if ($i == "stop") e = i } }
    NR > 1 && $s == 0 && $e == "max_iterations" { n++ } END { exit n > 0 ? 0 : 1 }' points.csv
expect_status 0
run spinodal export run.h5 --table jumps
expect_failure 3 'jumps'
run spinodal sweep run.yaml -o run.h5 --set sweep.epochs=20 --resume
expect_status 0
run spinodal plot run.h5 -o figure
expect_status 0

run spinodal sweep run.yaml -o again.h5 --set sweep.epochs=20 --threads 3
expect_status 0
run cmp run.h5 again.h5
expect_status 0

run spinodal sweep run.yaml -o x.h5 --set sweep.epochs=20 --set sweep.direction=quench
expect_failure 3 'sweep.epochs: a quench has no rate'
expect_no_file x.h5
run spinodal sweep run.yaml -o x.h5 --set sweep.epochs=-1
expect_failure 3 'epochs'
finish
