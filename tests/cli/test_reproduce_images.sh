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
# The figure bears the target's name, and the page shows it (where there is a gnuplot to draw it).
checks=$((checks + 1))
grep -q 'digits.svg' figures/index.md || complain 'the page does not name its figure'
checks=$((checks + 1))
! grep -q 'is not drawn here' figures/index.md || complain 'a figure that is there is said not to be'
checks=$((checks + 1))
! grep -q 'Nothing is learned' figures/index.md || complain 'a network that has learned is said to have not'

# Weights too small for the first beta: the network falls into the trivial phase, from which nothing leads out. It is said, and is
# no success.
run spinodal reproduce digits -o collapsed --set model.hidden='[3, 3]' --set model.init.scale=0.1 --set sweep.beta.from=0.05 \
    --set sweep.beta.points=3 --set geometry.method=none
expect_status 1
expect_stderr 'collapsed/digits.h5: at the first beta the outputs are the same for all samples, .* begin with larger weights \(model.init.scale\) or at a smaller beta \(sweep.beta.from\)$'
checks=$((checks + 1))
grep -q '^\*\*Nothing is learned at the first β' collapsed/index.md || complain 'the page does not say that nothing was learned'
finish
