#!/bin/sh
# SPDX-License-Identifier: MIT
# reproduce digits, mnist, fashion: sweeps of images without a dense Hessian, and what is said where there are no images.
. "$(dirname "$0")/harness.sh"

run spinodal reproduce mnist -o figures
expect_status 3
expect_stderr 'mnist: there are no images; give the file: --set data.path='
run spinodal reproduce fashion -o figures --set data.path=nowhere.gz
expect_status 3
expect_stderr "fashion: there are no images at nowhere.gz; install Debian's package dataset-fashion-mnist"

# The digits that come with the program, a small network, few points.
run spinodal reproduce digits -o figures --force --set model.hidden='[3]' --set sweep.beta.from=0.05 --set sweep.beta.points=6
expect_status 0
expect_stderr '6 of 6 points are certified minima'
run spinodal export figures/digits.h5 -o points.csv
expect_status 0
checks=$((checks + 1))
grep -q 'β | ± | modes' figures/index.md || complain 'the section has no table of jumps'
finish
