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
finish
